/** Stylesheets are bundled into dist/webview.css and give nothing to the program. */
declare module "*.css";
