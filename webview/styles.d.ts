/** Stylesheets are bundled into dist/webview/ and give nothing to the program. */
declare module "*.css";
