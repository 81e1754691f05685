/** Words that stand where a description should, in the languages of those who forget it. */

/** The whole text, in lower case and without marks around it. */
const WORDS: ReadonlySet<string> = new Set(
  [
    // What editors insert (VS Code "alt text", Stack Exchange "enter image description here").
    ..."alt|alt text|alternative text|alternate text|alttext|alt tag|alt here|alt goes here".split(
      "|",
    ),
    ..."insert alt text|insert alt text here|add alt text|add alt text here|your alt text".split(
      "|",
    ),
    ..."alt text here|alt text goes here|image alt text|image alt|text|text here|some text".split(
      "|",
    ),
    ..."description|image description|description here|enter image description here".split("|"),
    ..."enter alt text here|enter alt text|image description here|your image|your text here".split(
      "|",
    ),
    ..."image|images|img|photo|picture|pic|graphic|icon|logo|screenshot|screen shot|figure".split(
      "|",
    ),
    ..."fig|chart|diagram|banner|thumbnail|avatar|placeholder|placeholder image|image placeholder".split(
      "|",
    ),
    ..."untitled|todo|tbd|tba|fixme|xxx|n/a|na|none|null|undefined|caption|temp|test|example".split(
      "|",
    ),
    ..."lorem ipsum|image here|an image|a picture|the image|this image|a photo|a screenshot".split(
      "|",
    ),
    ..."image of|picture of|photo of|spacer|bullet|line|no alt|no alt text|missing alt|missing alt text".split(
      "|",
    ),
    ..."foo|bar|foobar|asdf|qwerty|blah|blah blah|dummy|dummy text|sample|sample image".split("|"),
    // German.
    ..."alternativtext|alternativ-text|alternativer text|bild|bilder|foto|fotos|grafik|abbildung|abb".split(
      "|",
    ),
    ..."bildschirmfoto|bildbeschreibung|beschreibung|platzhalter|unbenannt|ein bild|das bild".split(
      "|",
    ),
    ..."bild hier|beschreibung hier|hier alternativtext einfügen|symbol|diagramm".split("|"),
    // French.
    ..."texte alternatif|texte|image ici|photo ici|légende|capture d'écran|capture d’écran".split(
      "|",
    ),
    ..."illustration|une image|description de l'image|description de l’image|sans titre|à faire".split(
      "|",
    ),
    ..."icône|graphique|schéma|espace réservé".split("|"),
    // Spanish.
    ..."imagen|imágenes|fotografía|texto alternativo|texto|descripción|descripción de la imagen".split(
      "|",
    ),
    ..."captura|captura de pantalla|gráfico|figura|una imagen|sin título|pendiente|por hacer|icono".split(
      "|",
    ),
    // Portuguese.
    ..."imagem|imagens|fotografia|descrição|descrição da imagem|captura de tela|captura de ecrã".split(
      "|",
    ),
    ..."gráfico|uma imagem|sem título|ícone|legenda".split("|"),
    // Italian.
    ..."immagine|immagini|fotografia|testo alternativo|testo|descrizione|schermata|icona|grafico".split(
      "|",
    ),
    ..."descrizione dell'immagine|descrizione dell’immagine|un'immagine|senza titolo|segnaposto".split(
      "|",
    ),
    // Dutch, Swedish, Norwegian, Danish, Finnish.
    ..."afbeelding|plaatje|alternatieve tekst|alt-tekst|beschrijving|schermafbeelding|tekst".split(
      "|",
    ),
    ..."alternativ text|alt-text|beskrivning|skärmbild|skärmdump|bilde|bildetekst|alternativ tekst".split(
      "|",
    ),
    ..."beskrivelse|skjermbilde|billede|skærmbillede|kuva|kuvaus|vaihtoehtoinen teksti|kuvakaappaus".split(
      "|",
    ),
    // Polish, Czech, Slovak, Hungarian, Romanian, Turkish.
    ..."obraz|obrazek|zdjęcie|tekst alternatywny|opis|opis obrazu|zrzut ekranu|grafika|ikona".split(
      "|",
    ),
    ..."obrázek|obrázok|fotka|alternativní text|alternatívny text|popis|popisek|snímek obrazovky".split(
      "|",
    ),
    ..."kép|fénykép|helyettesítő szöveg|alternatív szöveg|leírás|képernyőkép|imagine|fotografie".split(
      "|",
    ),
    ..."text alternativ|descriere|resim|görsel|fotoğraf|alternatif metin|alt metin|açıklama".split(
      "|",
    ),
    ..."ekran görüntüsü".split("|"),
    // Russian, Ukrainian, Bulgarian, Greek.
    ..."изображение|картинка|фото|фотография|рисунок|скриншот|снимок экрана|альтернативный текст".split(
      "|",
    ),
    ..."описание|описание изображения|иконка|логотип|без названия|зображення|малюнок|світлина".split(
      "|",
    ),
    ..."альтернативний текст|опис|знімок екрана|снимка|алтернативен текст|εικόνα|φωτογραφία".split(
      "|",
    ),
    ..."εναλλακτικό κείμενο|περιγραφή|στιγμιότυπο οθόνης".split("|"),
    // Arabic, Hebrew, Persian, Hindi, Thai, Vietnamese, Indonesian.
    ..."صورة|الصورة|نص بديل|وصف|وصف الصورة|תמונה|טקסט חלופי|תיאור|צילום מסך|تصویر|عکس".split("|"),
    ..."متن جایگزین|छवि|चित्र|तस्वीर|वैकल्पिक पाठ|รูปภาพ|ภาพ|ข้อความแสดงแทน|hình ảnh|ảnh".split("|"),
    ..."hình|văn bản thay thế|mô tả|gambar|teks alternatif|deskripsi|tangkapan layar".split("|"),
    // Chinese, Japanese, Korean.
    ..."图片|图像|图|照片|截图|屏幕截图|图片描述|在这里插入图片描述|请输入图片描述|替代文本|替代文字|描述".split(
      "|",
    ),
    ..."圖片|圖像|相片|螢幕截圖|圖片描述|替代文字|說明|画像|写真|画像の説明|代替テキスト|説明".split(
      "|",
    ),
    ..."画像の説明を入力してください|画像の説明をここに入力|スクリーンショット|図|이미지|사진|그림".split(
      "|",
    ),
    ..."대체 텍스트|설명|이미지 설명|스크린샷|업로드중".split("|"),
  ].flat(),
);

/** Beginnings after which a description never came. */
const BEGUN =
  /^(?:todo|to do|fixme|tbd|tba|xxx|à faire|por hacer|zu tun|待办)\s*[:：–-]|^lorem ipsum\b/i;
/** An order to whoever writes the text. */
const ORDER =
  /^(?:(?:please )?(?:add|insert|enter|write|put|type|provide|replace with|describe)\s+(?:an? |the |your |this )?(?:alt|alternative|alternate|image|picture|photo)(?:[\s-]?(?:text|tag|description|alt text|here|below))*|your (?:alt|alternative|alternate|image|picture|photo)[\s-](?:text|tag|description|alt text|here|below)(?: here| below)?)$/i;
/** Only a size, as services of stand-in pictures write it. */
const SIZE = /^\d{1,5}\s?(?:px)?\s?[x×*]\s?\d{1,5}\s?(?:px)?$|^\d{1,5}\s?(?:px|pt)$/i;

/** True for a text that says nothing of any picture. */
export function isPlaceholder(text: string): boolean {
  const bare = text
    .toLowerCase()
    .replace(/^[\s<[({"'*_:.…«„“「【（-]+|[\s>\])}"'*_:.…!?»“”」】）-]+$/gu, "")
    .replace(/[\s_-]+/g, (gap) => (gap.includes("-") ? "-" : " "));
  // Nothing but marks, such as "…" or "---".
  if (!/[\p{L}\p{N}\p{S}]/u.test(text)) return true;
  if (BEGUN.test(text.trim()) || ORDER.test(bare) || SIZE.test(bare)) return true;
  // "Image 3" and "figure-12" name a place in a row.
  const named = bare.replace(/[\s_#.-]*\d{1,3}$/, "");
  return [bare, named, bare.replaceAll("-", " ")].some((words) => WORDS.has(words));
}
