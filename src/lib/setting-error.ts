/** What cannot be done as a setting asks: says which setting, since whoever reads it may know nothing of the code. */
export class SettingError extends Error {
  /** `problem`: the rest of a sentence that begins with the name of the setting. */
  constructor(setting: string, problem: string, cause?: unknown) {
    super(`${setting} ${problem}`, cause === undefined ? {} : { cause });
    this.name = 'SettingError';
  }
}
