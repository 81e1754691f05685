/**
 * Everything that waits for the first use, behind one `import()`: each file that the start shares with
 * a part of its own costs it more than the bytes in it.
 */

export { actionsFor } from "./altCodeActions";
export { createAltCommands } from "./altCommandTable";
export { mayHaveImages } from "../alt/formats/findContext";
export { findQuietly, imageAt } from "./altDocument";
export { hoverAt } from "./altHover";
export { AltPaste } from "./altPaste";
export { createApi } from "./apiCalls";
export { ChatFeature } from "./chatFeature";
export { createCommandLine } from "./commandLine";
export { createCudaSetup } from "./cudaSetup";
export { createDiagnostics } from "./diagnostics";
export { PasteOffer } from "./pasteOffer";
export { createModelManager } from "./modelManager";
