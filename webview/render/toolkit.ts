/**
 * Registers the custom elements behind `controls.ts`, and is the only file that knows whose they are.
 * The toolkit is no longer developed; a successor needs this file and the table of tags exchanged.
 */

import {
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeTextArea,
} from "@vscode/webview-ui-toolkit";

/** Defines the elements; to be called once, before the page's `load` event, which sets their colours. */
export function registerComponents(): void {
  provideVSCodeDesignSystem().register(vsCodeButton(), vsCodeTextArea());
}
