/**
 * YAML as kubectl reads and writes it: version 1.1, where `yes` is true and `0755` is octal, but without its times and base-60 numbers
 * (sigs.k8s.io/yaml). Read by other rules, a file mode would become another number.
 */
import type { FieldFault } from '@keelson/contracts/errors'
import { AppError } from '@keelson/process/app-error'
import { Document, isScalar, parseAllDocuments, type Tags } from 'yaml'

/** An alias bomb is a few bytes that unfold to gigabytes. */
const mostAliases = 100

const dialect = {
  version: '1.1',
  customTags: (tags: Tags): Tags =>
    tags.filter((tag) => typeof tag === 'string' || (!/:(timestamp|binary)$/.test(tag.tag) && tag.format !== 'TIME')),
} as const

/** The one mapping that a text holds. Says what is wrong: several documents, a bomb, no YAML at all. */
export function parseMapping(text: string): Record<string, unknown> {
  const documents = parseAllDocuments(text, { ...dialect, logLevel: 'silent' })
  const [document] = documents
  if (!document || !('contents' in document)) throw fault('yaml', 'Expected one YAML document.')
  // What ends with `---` has an empty document behind it.
  const full = documents.filter((each) => !isEmpty(each) || each.errors.length > 0)
  if (full.length > 1)
    throw fault('yaml', `Expected one YAML document, found ${full.length}: one object is written at a time.`)
  const [found = document] = full
  const [error] = found.errors
  if (error) throw fault('yaml', error.message)
  let value: unknown
  try {
    value = found.toJS({ maxAliasCount: mostAliases })
  } catch (cause) {
    throw fault('yaml', cause instanceof Error ? cause.message : 'It cannot be read.')
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value)) throw fault('yaml', 'Expected an object.')
  return value as Record<string, unknown>
}

function isEmpty({ contents }: { contents: unknown }): boolean {
  return contents === null || (isScalar(contents) && contents.value === null)
}

/** The text of a value; long strings stay on their line, several lines become a block. */
export function toYaml(value: unknown): string {
  return new Document(value, { ...dialect, aliasDuplicateObjects: false }).toString({ lineWidth: 0, directives: false })
}

/** `invalid`, with the field that is at fault. */
export function fault(field: string, message: string): AppError {
  const faults: FieldFault[] = [{ field, message }]
  return new AppError('invalid', message, { faults })
}
