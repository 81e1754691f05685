/** What a model can be taught; loads nothing. */

export const FIT_TASKS = ["retrieval", "captions"] as const;
export type FitTaskName = (typeof FIT_TASKS)[number];
