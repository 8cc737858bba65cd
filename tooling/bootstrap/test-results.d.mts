export type FileCount = { file: string; passed: number; failed: number; skipped: number }
export type Failure = { file: string; test: string; why: string }
export type TestResults = { files: FileCount[]; failures: Failure[]; flaky?: Failure[] }
export const nothing: TestResults
export function secondTry(results: TestResults): string[]
export function joined(first: TestResults, again: string[], second: TestResults): TestResults
export function addUp(results: TestResults[]): Omit<FileCount, 'file'> & { failures: Failure[]; flaky: Failure[] }
