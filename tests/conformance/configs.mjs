// The text of a config to ask about: null where the folder has no such file, undefined where there is no such question.

/** The file as it is. */
export const wholeText = (folder, part, file) => (folder.has(part, file) ? folder.text(part, file) : null);

/**
 * The language model inside a model that also sees or hears. On text alone the other towers take no part, so that what
 * was measured of the whole on text holds for this part.
 */
export function textPart(folder, part, file) {
  if (!folder.has(part, file)) return undefined;
  try {
    const inner = JSON.parse(folder.text(part, file)).text_config;
    return typeof inner?.model_type === 'string' ? JSON.stringify(inner) : undefined;
  } catch {
    return undefined;
  }
}
