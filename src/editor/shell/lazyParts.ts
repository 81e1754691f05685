/**
 * Everything that waits for the first use, behind one `import()`: each file that the start shares with
 * a part of its own costs it more than the bytes in it.
 */

export { actionsFor } from "../offers/altCodeActions";
export { createAltCommands } from "../documents/altCommandTable";
export { createAudit } from "../audit/auditCommands";
export { AuditFollower } from "../audit/auditFollower";
export { readLongDocuments } from "../audit/finderThread";
export { followCursor } from "../offers/altCursor";
export { hoverAt } from "../offers/altHover";
export { AltPaste } from "../offers/altPaste";
export { createAgentTools } from "../agents/agentTools";
export { createSharing, serversOf } from "../agents/sharing";
export { deviceReasonOf } from "../engine/deviceReason";
export { showCpuFallback } from "../engine/deviceNotice";
export { createApi } from "../api/apiCalls";
export { ChatFeature } from "../chat/chatFeature";
export { createCommandLine } from "../machine/commandLine";
export { createCudaSetup } from "../machine/cudaSetup";
export { createDiagnostics } from "../machine/machineReport";
export { ReviewFeature } from "../queue/reviewFeature";
export { createSearch } from "../search/searchFeature";
export { createLearning } from "../learning/learningFeature";
export { PasteOffer } from "../offers/pasteOffer";
export { hintAtModels } from "../models/demoHint";
export { askAboutMemory, reportOthers } from "../engine/memoryQuestion";
export { EngineRoll } from "../../roll/engineRoll";
export { rollEntryOf } from "../../host/service/rollEntry";
export { permitGraphs, permitServer } from "../servers/remoteServers";
export { createModelManager } from "../models/modelManager";
export { showMenu } from "../engine/statusMenu";
