/** Names of files and placeholders in many languages, and texts that only look like them. */

import assert from "node:assert/strict";
import { altProblem, textProblem, type AltProblem } from "../../../src/alt/wording/altText";
import { findImages } from "../../../src/alt/formats/findImages";

function rows(...lines: readonly string[]): string[] {
  return lines.flatMap((line) => line.split(" | "));
}

/** As systems, phones, messengers, browsers and drawing programs name files, and GitHub inserts them. */
const NAMES = rows(
  "WhatsApp Image 2024-10-02 at 11 24 37 AM",
  "WhatsApp Image 2024-12-15 at 20 24 00_1a2b3c4d | WhatsApp Image 2024-10-02 at 11.24.37",
  "WhatsApp Bild 2024-10-02 um 11.24.37_ab12cd34",
  "Imagen de WhatsApp 2024-10-02 a las 11.24.37 | Image WhatsApp 2024-10-02 à 11.24.37",
  "Immagine WhatsApp 2024-10-02 ore 11.24.37 | IMG-20240512-WA0001 | IMG-20240512-WA0001(1)",
  "Screenshot (12) | Screenshot (12) copy | Screenshot_20240512-101530_Chrome",
  "Screenshot_2024-05-12-10-15-30-123_com.android.chrome",
  "Screenshot_20240512_101530_Samsung-Browser | Screenshot 2024-05-12 101530",
  "Screenshot from 2024-05-12 10-15-30 | Screenshot at 2024-05-12 10-15-30",
  "Screen Shot 2020-01-01 at 1.02.03 PM | Screen Shot 2020-01-01 at 1.02.03\u202fPM",
  "screenshot 2025-05-06 at 10.11.12 | Captura de pantalla 2024-12-03 215323",
  "Captura de pantalla 2024-12-03 a las 21.53.23 | Captura desde 2024-12-03 21-53-23",
  "Captura de Tela 2024-12-03 às 21.53.23 | Captura de ecrã 2024-12-03 215323",
  "Capture d’écran 2024-12-03 à 21.53.23 | Capture d'écran 2024-12-03 215323",
  "Capture d’écran du 2024-12-03 21-53-23 | Bildschirmfoto 2024-12-03 um 21.53.23",
  "Bildschirmfoto vom 2024-12-03 21-53-23 | Bildschirmfoto am 2024-12-03 um 21.53.23",
  "Schermata 2024-12-03 alle 21.53.23 | Schermata del 2024-12-03 21-53-23",
  "Schermafbeelding 2024-12-03 om 21.53.23 | Skärmavbild 2024-12-03 kl. 21.53.23",
  "Skjermbilde 2024-12-03 kl. 21.53.23 | Skærmbillede 2024-12-03 kl. 21.53.23",
  "Näyttökuva 2024-12-03 kello 21.53.23 | Zrzut ekranu 2024-12-03 215323",
  "Zrzut ekranu z 2024-12-03 21-53-23 | Snímek obrazovky 2024-12-03 215323",
  "Képernyőfotó 2024-12-03 - 21.53.23 | Ekran görüntüsü 2024-12-03 215323",
  "Ekran Resmi 2024-12-03 21.53.23 | Captură de ecran 2024-12-03 215323",
  "Снимок экрана 2024-12-03 215323 | Снимок экрана от 2024-12-03 21-53-23",
  "Снимок экрана 2024-12-03 в 21.53.23 | Знімок екрана 2024-12-03 215323",
  "Στιγμιότυπο οθόνης 2024-12-03 215323 | لقطة شاشة 2024-12-03 215323",
  "צילום מסך 2024-12-03 215323 | 屏幕截图 2024-12-03 215323 | 屏幕快照 2024-12-03 下午9.53.23",
  "螢幕截圖 2024-12-03 215323 | 截屏2024-12-03 21.53.23 | スクリーンショット 2024-12-03 215323",
  "スクリーンショット 2025-05-06 10.11.12 | 스크린샷 2024-12-03 215323",
  "Ảnh chụp màn hình 2024-12-03 215323 | Tangkapan layar 2024-12-03 215323",
  "ภาพหน้าจอ 2024-12-03 215323 | CleanShot 2024-05-01 at 10.11.12",
  "CleanShot 2024-05-01 at 10.11.12@2x",
  "Simulator Screenshot - iPhone 15 Pro - 2024-05-01 at 10.11.12 | IMG_1234",
  "IMG_20240512_101530 | IMG_20240512_101530_HDR | IMG_E1234 | IMG 1234 | IMG_1234 (1)",
  "IMG_1234~2 | DSC00042 | DSC_0042 | _DSC0042 | DSCN0042 | DSCF0042 | _MG_1234",
  "PXL_20240512_101530123 | PXL_20240512_101530123.PORTRAIT | P1010042 | GOPR0042",
  "DJI_0042 | FB_IMG_1700000000000 | received_1234567890123 | MVIMG_20240512_101530",
  "signal-2024-05-12-101530 | signal-2024-05-12-10-15-30-123 | photo_2024-05-12_10-15-30",
  "photo_5_2024-05-12_10-15-30 | Snapchat-1234567890 | mmexport1700000000000",
  "微信图片_20240512101530 | KakaoTalk_20240512_101530123 | 20240512_101530",
  "image-20240501112233445 | Pasted image 20240501112233 | Pasted image | image (1)",
  "download (3) | unnamed | unnamed (2) | images (4) | Untitled (2) | Untitled design (3)",
  "Photo (3) | Bild (2) | Frame 12 | Group 34 | Rectangle 5 | Slide1 | Folie12 | Artboard 1",
  "3f2504e0-4f89-11d3-9a0c-0305e82c3301 | d41d8cd98f00b204e9800998ecf8427e",
  "123456789_987654321_1234567890_n | 1700000000000",
  "68747470733a2f2f696d672e736869656c64732e696f | ChatGPT Image May 1, 2025, 10_11_12 AM",
  "Gemini_Generated_Image_ab12cd34 | red-circle.drawio | IMG_0042.HEIC",
  "https://cdn.example.org/x/y.webp",
);

const PLACEHOLDERS = rows(
  "image | Picture | alt | Alt-Text | TODO | TODO: describe this | [image] | <alt>",
  "(image) | image1 | Image #3 | Screenshot 12 | insert alt text here",
  "Add image description here | your image here | lorem ipsum dolor sit amet | 300x200",
  "100 × 100 | 640px | Bild | Bild 3 | Abbildung 12 | Alternativtext | Platzhalter",
  "texte alternatif | Légende | imagen | Texto alternativo | imagem | Descrição da imagem",
  "immagine | Testo alternativo | afbeelding | Afbeelding 2 | bilde | billede | kuva",
  "obraz | zdjęcie | obrázek | kép | imagine | resim | изображение | Картинка | зображення",
  "εικόνα | صورة | תמונה | छवि | รูปภาพ | hình ảnh | gambar | 图片 | 图片描述 | 在这里插入图片描述 | 圖片",
  "画像 | 「画像」 | スクリーンショット | 이미지 | 사진 1",
);

/** Texts of the kind that public documents have, all of them right. */
const GOOD = rows(
  "A red fox in the snow | Screenshot of the settings page | Screenshot: the settings page",
  "Screenshot 1: the settings page | Screenshot of version 2.4 from 2024",
  "Screenshots from three phones | Screen capture of the 2024 dashboard | Photo from 2019",
  "Photograph of a bridge, 1984 | Photo taken in May 2024 | Image sensor of a camera",
  "Logo of ACME | npm | Docker | build status | License: MIT | GitHub stars | CI | codecov",
  "v1.2.3 | PyPI | Python 3.12 | ISO 8601 | RFC 2119 | HTTP 404 | 404 | 42 | ½ | → | C++",
  "Node.js | README.md | next.config.js open in an editor",
  "The file logo.png selected in the Explorer | A folder named png",
  "Step 1: open a.png, then close it | Windows 11 | iPhone 15 Pro",
  "Group photo of 34 people | Frame 12 of the animation shows the jump",
  "Slide 3 shows the growth since 2020 | Group 3 has the most members",
  "Vector field around two charges | Layer 2 of the protocol stack",
  "Rectangle with sides 3 and 4 | Signal strength over 24 hours",
  "Todo list with three open items | Test tube with a green liquid",
  "Example of a broken layout | None of the boxes is ticked",
  "Alternative text field in the editor | Text editor with two panes",
  "Untitled (1982), oil on canvas | Description list of the API | Diagram of the network",
  "Chart: sales by month | Figure 3: the loss falls after 20 epochs",
  "Bild eines Hundes im Schnee | Bildschirmfoto der Einstellungen",
  "Captura de pantalla de los ajustes | Capture d’écran des réglages | Imagenología",
  "Imaginons demain | Fotosynthese | Снимок экрана настроек | Картинка дня",
  "设置页面的屏幕截图 | 一只红色的狐狸 | 設定画面のスクリーンショット | 赤い丸 | 설정 화면의 스크린샷 | WhatsApp | WhatsApp logo",
  "WhatsApp chat between two people | Signal | Download button | Download count per day",
  "Capture the flag | P. 12 of the manual | P4 processor | GX 3000 amplifier",
  "DSC 101 course logo | Sam at twelve | Mg 24 isotope | A bar from 10 to 20",
  "From 2019-05-01 to 2024-05-01 | Release 2024-05-01 | 2024-05-01",
  "Log of 2024-05-01 10:11:12 with two errors | May 2024",
  "Temperature on 12 May 2024 at 10:15 | Line chart of requests, 2024-05-01",
  "Commit 3f2504e | Internationalization | Donaudampfschifffahrtsgesellschaft",
  "Foo Fighters on stage | A bullet train | Bar chart | Sample of rock 12 | The letter A",
  "Map | Flag of Chile | Portrait of Ada Lovelace | Kepler-186f | Illustration of a heart",
  "Icon of a bell | Kuvaaja | Opisthobranch | Text to speech | Add image to the gallery",
  "Describe the image in one word | 3 x 4 grid of squares | 1080p | 16:9 | x86 | M1 Max",
  "Vitamin B12 | B-52 | A4 paper | Boeing 747-8 | MP3 | H2O | CO2 in ppm since 1960",
  "Capture 3 pieces to win | Dia de los Muertos | Clip 2 is fastened here",
  "Scan the code to pay | Pic du Midi | Spectacle at night | Snip of the scissors",
);

function falseAlarms(expected: AltProblem | null, texts: readonly string[]): string[] {
  return texts.filter((text) => textProblem(text) !== expected);
}

describe("names and placeholders instead of texts", () => {
  it("names of files are known in the languages of the systems", () => {
    assert.deepEqual(falseAlarms("filename", NAMES), []);
  });

  it("placeholders are known in many languages", () => {
    assert.deepEqual(falseAlarms("placeholder", PLACEHOLDERS), []);
  });

  it("texts that people write stay texts", () => {
    assert.deepEqual(falseAlarms(null, GOOD), []);
  });

  it("the picture's own name is no text, one plain word may be", () => {
    const problems = (text: string): (AltProblem | null)[] =>
      findImages(text, "markdown").map(altProblem);
    const names = [
      ...[
        "![red-circle](img/red-circle.png)",
        "![red-circle.v2](red-circle.v2.png)",
        "![my_red-circle](a/my_red-circle.jpg?x=1)",
      ],
      ...[
        "![my red circle](my-red_circle.png)",
        "![chart 2024 final](chart-2024_final.svg)",
        "![a b](<a b.png>)",
        "![scheme2](scheme2.png)",
      ],
      ...[
        "![logo@2x](logo@2x.png)",
        "![[red-circle.png|red-circle]]",
        "![Foto_am-See](Foto_am-See.png)",
      ],
    ];
    assert.deepEqual(
      names.filter((text) => problems(text)[0] !== "filename"),
      [],
    );
    const texts = [
      "![bars](bars.png)",
      "![npm](npm.svg)",
      "![Red circle](red-circle.png)",
      "![Kettle](kettle.png)",
    ];
    assert.deepEqual(
      texts.filter((text) => problems(text)[0] !== null),
      [],
    );
  });

  it("end for hostile texts", () => {
    for (const piece of ["2024-", "a ", "1.", "Screenshot ", "_a", "WhatsApp ", "image (", "0a"]) {
      const texts = [400, Math.floor(95 / piece.length)].map((n) => `${piece.repeat(n)}!`);
      assert.deepEqual(texts.map(textProblem).includes("missing"), false);
    }
  });
});
