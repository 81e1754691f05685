/** Names of the commands, one list for each feature. Package.json names the same; a test compares. */

export const ALT_COMMANDS = [
  "sightline.copyAltText",
  "sightline.generateAltText",
  "sightline.refineAltText",
  "sightline.insertCaption",
  "sightline.markAsDecorative",
  "sightline.generateAltTextForFile",
  "sightline.generateAltTextInFolder",
  "sightline.generateAltTextInFiles",
  "sightline.changeReviewedText",
  "sightline.openSamplePage",
] as const;
export const CHAT_COMMANDS = [
  "sightline.askAboutImage",
  "sightline.describeImage",
  "sightline.describeImageInDetail",
  "sightline.openChat",
  "sightline.addPictures",
  "sightline.trySamplePicture",
  "sightline.newConversation",
  "sightline.showHistory",
  "sightline.copyAllAnswers",
  "sightline.stopAnswer",
] as const;
export const MODEL_COMMANDS = [
  "sightline.manageModels",
  "sightline.importModel",
  "sightline.removeAllModels",
  "sightline.setHubToken",
  "sightline.setHubMirror",
  "sightline.addServer",
  "sightline.setServerToken",
  "sightline.restartEngine",
] as const;
export const DIAGNOSTICS_COMMANDS = [
  "sightline.showDiagnostics",
  "sightline.refreshDiagnostics",
  "sightline.copyDiagnostics",
] as const;
export const COMMAND_LINE_COMMANDS = [
  "sightline.installCommandLine",
  "sightline.uninstallCommandLine",
] as const;
export const REVIEW_COMMANDS = ["sightline.reviewAltTexts", "sightline.undoLastReview"] as const;
export const SEARCH_COMMANDS = [
  "sightline.findPicture",
  "sightline.findSimilarPictures",
  "sightline.findDuplicatePictures",
  "sightline.insertFittingPicture",
  "sightline.askAboutFolder",
  "sightline.stopOrGoOnIndexing",
  "sightline.deletePictureIndex",
] as const;
export const CUDA_COMMANDS = ["sightline.setUpCuda"] as const;
export const AUDIT_COMMANDS = [
  "sightline.addToBaseline",
  "sightline.checkWorkspace",
  "sightline.compareTexts",
  "sightline.textIsRight",
  "sightline.showFindingsByRule",
  "sightline.showFindingsByFile",
] as const;
export const LEARNING_COMMANDS = ["sightline.learnFromAltTexts"] as const;
export const AGENT_COMMANDS = ["sightline.shareTools"] as const;

/** Of no feature alone. */
const SHELL_COMMANDS = [
  "sightline.showMenu",
  "sightline.showLog",
  "sightline.openWalkthrough",
] as const;

/** Every command of package.json. */
export const COMMAND_IDS = [
  ...ALT_COMMANDS,
  ...REVIEW_COMMANDS,
  ...CHAT_COMMANDS,
  ...MODEL_COMMANDS,
  ...DIAGNOSTICS_COMMANDS,
  ...COMMAND_LINE_COMMANDS,
  ...CUDA_COMMANDS,
  ...AGENT_COMMANDS,
  ...SEARCH_COMMANDS,
  ...AUDIT_COMMANDS,
  ...LEARNING_COMMANDS,
  ...SHELL_COMMANDS,
] as const;

export type CommandId = (typeof COMMAND_IDS)[number];
export type AltCommandId = (typeof ALT_COMMANDS)[number];
export type ReviewCommandId = (typeof REVIEW_COMMANDS)[number];
export type ChatCommandId = (typeof CHAT_COMMANDS)[number];
export type ModelCommandId = (typeof MODEL_COMMANDS)[number];
export type DiagnosticsCommandId = (typeof DIAGNOSTICS_COMMANDS)[number];
export type CommandLineCommandId = (typeof COMMAND_LINE_COMMANDS)[number];
export type CudaCommandId = (typeof CUDA_COMMANDS)[number];
export type AgentCommandId = (typeof AGENT_COMMANDS)[number];
export type SearchCommandId = (typeof SEARCH_COMMANDS)[number];
export type AuditCommandId = (typeof AUDIT_COMMANDS)[number];
export type LearningCommandId = (typeof LEARNING_COMMANDS)[number];
