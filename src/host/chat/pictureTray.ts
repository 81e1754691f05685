/** The pictures of one conversation: which there are, which are selected, how small they look. */

import { abortable, type CancelSignal } from "../../base/abortable";
import { AppError } from "../../base/errors";
import { optional } from "../../base/optional";
import type { ChatPicture, PictureLocation } from "./conversation";
import type { EngineApi } from "../service/engine";
import type { PastedPictures } from "./pastedPictures";
import { digestOf, type Picture } from "../pictures/picture";
import type { PictureView } from "../../protocol/views/chatMessages";

/** Reads a picture of the workspace again; it may have changed or gone since. */
export interface PictureSource {
  /** @throws AppError `image.missing`, `image.tooLarge`, `image.unreadable`. */
  read(uri: string): Promise<Picture>;
}

export interface PictureTrayOptions {
  readonly engine: Pick<EngineApi, "call">;
  readonly source: PictureSource;
  readonly pasted: PastedPictures;
  readonly newId: () => string;
  /** A failure in a sentence for people. */
  readonly sentenceOf: (error: AppError) => string;
  /** True for a picture that turns are about. */
  readonly isNeeded: (id: string) => boolean;
  /** Called with the file of a pasted picture that is not needed any more. */
  readonly onReleased: (file: string) => void;
  /** What is said of a picture that was taken out meanwhile. */
  readonly goneText: string;
  /** Called after each change of what is shown. */
  readonly onChanged: () => void;
}

/** A picture's bytes as they are now. */
export interface ReadPicture {
  readonly picture: Picture;
  readonly digest: string;
}

/** How many pictures fit a tray that people can look over. */
export const MAX_TRAY_PICTURES = 32;

/** Twice the size at which the side bar shows them, for screens with small pixels. */
const THUMBNAIL_SIDE = 192;

export class PictureTray {
  readonly #options: PictureTrayOptions;
  /** The conversation's own list. */
  readonly #pictures: ChatPicture[];
  readonly #end = new AbortController();
  #isMakingThumbnails = false;

  constructor(options: PictureTrayOptions, pictures: ChatPicture[]) {
    this.#options = options;
    this.#pictures = pictures;
  }

  /** Those that are shown, in the order in which they were added. */
  get shown(): readonly ChatPicture[] {
    return this.#pictures.filter((picture) => !picture.isRemoved);
  }

  get selected(): readonly ChatPicture[] {
    return this.shown.filter((picture) => picture.isSelected);
  }

  views(): readonly PictureView[] {
    return this.shown.map(pictureView);
  }

  /** Any picture of the conversation, also one that was taken out. */
  get(id: string): ChatPicture | undefined {
    return this.#pictures.find((picture) => picture.id === id);
  }

  /**
   * Adds pictures and selects them and no others; one that is there already is only selected, and in
   * a full tray the oldest make room.
   * @returns how many found no room.
   */
  add(pictures: readonly Picture[]): number {
    const chosen = new Set<ChatPicture>();
    let nRefused = 0;
    for (const picture of pictures) {
      const entry = this.#place(picture, chosen);
      if (entry === undefined) nRefused++;
      else chosen.add(entry);
    }
    if (chosen.size > 0) {
      for (const entry of this.#pictures) entry.isSelected = chosen.has(entry);
      this.#options.onChanged();
      this.makeThumbnails();
    }
    return nRefused;
  }

  select(id: string, { isSelected }: { readonly isSelected: boolean }): void {
    const picture = this.shown.find((shown) => shown.id === id);
    if (picture === undefined || picture.isSelected === isSelected) return;
    picture.isSelected = isSelected;
    this.#options.onChanged();
  }

  /** Takes a picture out. One that turns are about is remembered, so that they can be asked again. */
  remove(id: string): void {
    const picture = this.shown.find((shown) => shown.id === id);
    if (picture === undefined) return;
    const wasSelected = picture.isSelected;
    this.#takeOut(picture);
    // A tray with pictures and nothing selected would answer no question.
    const neighbour = this.shown.at(-1);
    if (wasSelected && neighbour !== undefined && this.selected.length === 0) {
      neighbour.isSelected = true;
    }
    this.#options.onChanged();
  }

  /**
   * The bytes as they are now; the tray shows why when they cannot be read, and the new look when
   * they have changed.
   * @throws AppError `image.missing`, `image.tooLarge`, `image.unreadable`; `request.cancelled`.
   */
  async read(id: string, signal: CancelSignal): Promise<ReadPicture> {
    const picture = this.get(id);
    if (picture === undefined) {
      throw new AppError("image.missing", this.#options.goneText);
    }
    const read = await abortable(this.#readNow(picture), signal);
    if (this.#note(picture, read.digest)) {
      this.#options.onChanged();
      this.makeThumbnails();
    }
    return read;
  }

  /** Makes the small copies that are missing, one after the other, in the background. */
  makeThumbnails(): void {
    if (this.#isMakingThumbnails || this.#isClosed()) return;
    void this.#makeAll();
  }

  /** Ends what goes on in the background. */
  close(): void {
    this.#end.abort();
  }

  /** @param chosen pictures that do not make room for this one. */
  #place(picture: Picture, chosen: ReadonlySet<ChatPicture>): ChatPicture | undefined {
    const location: PictureLocation =
      picture.uri === undefined
        ? { kind: "pasted", file: this.#options.pasted.add(picture) }
        : { kind: "uri", uri: picture.uri };
    const digest = digestOf(picture.bytes);
    const known = this.#pictures.find((entry) => isSame(entry.location, location));
    if (known !== undefined && !known.isRemoved) {
      this.#note(known, digest);
      return known;
    }
    if (this.shown.length >= MAX_TRAY_PICTURES) {
      const oldest = this.shown.find((shown) => !chosen.has(shown));
      if (oldest === undefined) {
        if (location.kind === "pasted") this.#options.onReleased(location.file);
        return undefined;
      }
      this.#takeOut(oldest);
    }
    if (known !== undefined) this.#pictures.splice(this.#pictures.indexOf(known), 1);
    const id = known?.id ?? this.#options.newId();
    const entry = { id, name: picture.name, location, isSelected: true, isRemoved: false, digest };
    this.#pictures.push(entry);
    return entry;
  }

  #takeOut(picture: ChatPicture): void {
    picture.isRemoved = true;
    picture.isSelected = false;
    picture.thumbnail = undefined;
    if (this.#options.isNeeded(picture.id)) return;
    this.#pictures.splice(this.#pictures.indexOf(picture), 1);
    if (picture.location.kind === "pasted") this.#options.onReleased(picture.location.file);
  }

  /** What is known of other bytes holds no longer. @returns true when something changed. */
  #note(picture: ChatPicture, digest: string): boolean {
    if (picture.digest === digest) return false;
    picture.digest = digest;
    picture.problem = undefined;
    picture.thumbnail = undefined;
    picture.width = undefined;
    picture.height = undefined;
    return true;
  }

  #fail(picture: ChatPicture, error: AppError): void {
    // Only what is wrong with the picture belongs to it; a process that died does not.
    if (!error.code.startsWith("image.")) return;
    picture.problem = this.#options.sentenceOf(error);
    this.#options.onChanged();
  }

  /** @throws AppError as the source; the tray shows why. */
  async #readNow(picture: ChatPicture): Promise<ReadPicture> {
    try {
      const file = await this.#fileOf(picture);
      return { picture: file, digest: digestOf(file.bytes) };
    } catch (thrown) {
      // Whatever it is when it can be read again, it is looked at anew.
      picture.digest = undefined;
      if (!this.#isClosed()) this.#fail(picture, AppError.from(thrown));
      throw thrown;
    }
  }

  async #fileOf({ name, location }: ChatPicture): Promise<Picture> {
    const { source, pasted } = this.#options;
    return location.kind === "uri"
      ? await source.read(location.uri)
      : { name, bytes: await pasted.read(location.file) };
  }

  async #makeAll(): Promise<void> {
    this.#isMakingThumbnails = true;
    // Each is tried once, so that an engine that is not there is not asked without end.
    const tried = new Set<string>();
    try {
      for (let next = this.#nextLook(tried); next !== undefined; next = this.#nextLook(tried)) {
        tried.add(lookOf(next));
        await this.#makeOne(next);
        // Its bytes may be known only now.
        tried.add(lookOf(next));
      }
    } finally {
      // In the same step as the last look, so that none is added in between and forgotten.
      this.#isMakingThumbnails = false;
    }
  }

  #nextLook(tried: ReadonlySet<string>): ChatPicture | undefined {
    if (this.#isClosed()) return undefined;
    return this.shown.find(
      (picture) =>
        picture.thumbnail === undefined &&
        picture.problem === undefined &&
        !tried.has(lookOf(picture)),
    );
  }

  async #makeOne(picture: ChatPicture): Promise<void> {
    const { signal } = this.#end;
    const read = await this.#readNow(picture).catch(() => undefined);
    if (read === undefined || this.#isClosed()) return;
    this.#note(picture, read.digest);
    const params = { image: read.picture.bytes, imageName: read.picture.name };
    try {
      const { image, width, height } = await this.#options.engine.call(
        "thumbnail",
        { ...params, maxSide: THUMBNAIL_SIDE },
        { signal },
      );
      // It may have been read again meanwhile, and be another one.
      if (this.#isClosed() || picture.digest !== read.digest) return;
      picture.thumbnail = `data:image/webp;base64,${Buffer.from(image).toString("base64")}`;
      picture.width = width;
      picture.height = height;
      this.#options.onChanged();
    } catch (thrown) {
      if (!this.#isClosed()) this.#fail(picture, AppError.from(thrown));
    }
  }

  #isClosed(): boolean {
    return this.#end.signal.aborted;
  }
}

/** One picture as it looks with certain bytes. */
function lookOf({ id, digest }: ChatPicture): string {
  return `${id} ${digest ?? ""}`;
}

function isSame(a: PictureLocation, b: PictureLocation): boolean {
  if (a.kind === "uri") return b.kind === "uri" && a.uri === b.uri;
  return b.kind === "pasted" && a.file === b.file;
}

function pictureView(picture: ChatPicture): PictureView {
  const { id, name, thumbnail, width, height, isSelected, problem } = picture;
  return {
    id,
    name,
    isSelected,
    ...optional({ thumbnail, width, height, problem }),
  };
}
