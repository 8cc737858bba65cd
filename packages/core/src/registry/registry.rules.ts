/** What MLflow's registry takes and refuses (`mlflow/utils/validation.py`, `server/handlers.py` of 3.17.2). Pure. */
import { Stage } from '@keelson/contracts/registry'
import {
  badPath,
  checkKey,
  checkLength,
  invalid,
  invalidValue,
  isUniquePath,
  missingValue,
  type Pair,
} from '../experiments/index.ts'

const mostTagLength = 100_000
const mostKeyLength = 250
const mostNameLength = 256
const greatestVersion = 2_147_483_647

export function checkModelName(name: string, field = 'name'): void {
  if (name.trim() === '') throw missingValue(field)
  if (/[/:]/.test(name)) throw invalid(`Invalid model name '${name}'. Names cannot contain '/' or ':'.`, field)
  if (!isUniquePath(name)) throw invalidValue('name', name, badPath(name))
  checkLength(field, mostNameLength, name)
}

export function checkRegistryTag(tag: Pair): void {
  checkKey(tag.key, 'key')
  checkLength('key', mostKeyLength, tag.key)
  checkLength('value', mostTagLength, tag.value)
}

/** The number of a version as clients write it. One that cannot exist gives 0, which is never found. */
export function parseVersion(text: string): number {
  if (!/^\s*[+-]?\d+\s*$/.test(text)) throw invalid(`Parameter 'version' must be an integer, got '${text}'.`, 'version')
  const version = Number(text)
  return version > 0 && version <= greatestVersion ? version : 0
}

export function checkAlias(alias: string): void {
  if (alias === '') throw invalid('Registered model alias name cannot be empty.', 'alias')
  if (!/^[\p{L}\p{N}_-]*$/u.test(alias))
    throw invalid(
      `Invalid alias name: '${alias}'. Names may only contain alphanumerics, underscores (_), and dashes (-).`,
      'alias',
    )
  checkLength('Registered model alias name', 255, alias)
}

export function checkAliasFree(alias: string): void {
  if (alias.toLowerCase() === 'latest') throw invalid("'latest' alias name (case insensitive) is reserved.", 'alias')
  if (/^v\d+$/i.test(alias)) throw invalid(`Version alias name '${alias}' is reserved.`, 'alias')
}

/** A stage in any letter case. */
export function parseStage(text: string): Stage {
  const stage = Stage.options.find((option) => option.toLowerCase() === text.toLowerCase())
  if (stage === undefined)
    throw invalid(`Invalid Model Version stage: ${text}. Value must be one of ${Stage.options.join(', ')}.`, 'stage')
  return stage
}

/** What a version's `source` points at. */
export type Source =
  | { kind: 'run'; runId: string; path: string }
  | { kind: 'logged-model'; modelId: string }
  | { kind: 'version'; model: string; reference: string; by: 'version' | 'alias' | 'stage' }
  | { kind: 'artifacts'; path: string; uri: string }
  | { kind: 'remote' }

export function badSource(source: string, idName: 'run_id' | 'model_id'): Error {
  return invalid(
    `Invalid model version source: '${source}'. The ${idName} request parameter must identify the resource that contains the source.`,
    'source',
  )
}

/** Reads a source; local paths and anything with `..` in it, however encoded, are refused. */
export function parseSource(source: string, ids: { runId: string; modelId: string }): Source {
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(source)?.[1]?.toLowerCase()
  const idName = ids.modelId === '' ? 'run_id' : 'model_id'
  if (scheme === undefined || scheme === 'file')
    throw invalid(
      `Invalid model version source: '${source}'. To use a local path as a model version source, the ${idName} request parameter has to be specified and the local path has to be contained within the artifact directory of the ${idName === 'run_id' ? 'run' : 'model'} specified by the ${idName}.`,
      'source',
    )
  checkNoRelativeParts(source)
  if (scheme === 'runs') return runSource(source, idName)
  if (scheme === 'models') return modelSource(source)
  if (scheme === 'mlflow-artifacts') {
    const path = /^mlflow-artifacts:(?:\/\/[^/]*)?\/*(.*)$/i.exec(source)?.[1] ?? ''
    return { kind: 'artifacts', path, uri: `mlflow-artifacts:/${path}` }
  }
  const proxied = /^https?:\/\/.*\/api\/2\.0\/mlflow-artifacts\/artifacts\/+(.*)$/i.exec(source)
  if (proxied?.[1] !== undefined) return { kind: 'artifacts', path: proxied[1], uri: `mlflow-artifacts:/${proxied[1]}` }
  return { kind: 'remote' }
}

function runSource(source: string, idName: 'run_id' | 'model_id'): Source {
  const found = /^runs:\/+([^/]+)\/(.*)$/i.exec(source)
  if (found?.[1] === undefined || /^runs:\/\/[^/]/i.test(source)) throw badSource(source, idName)
  return { kind: 'run', runId: found[1], path: (found[2] ?? '').replace(/\/+$/, '') }
}

function modelSource(source: string): Source {
  if (/^models:\/\/[^/]/i.test(source))
    throw invalid(
      `Invalid model version source: '${source}'. Registered model sources must use the active model registry.`,
      'source',
    )
  const rest = source.replace(/^models:\/+/i, '').replace(/\/+$/, '')
  const alias = /^([^/@]+)@([^/@]+)$/.exec(rest)
  if (alias?.[1] !== undefined && alias[2] !== undefined)
    return { kind: 'version', model: alias[1], reference: alias[2], by: 'alias' }
  const [name = '', reference, ...more] = rest.split('/')
  if (name === '' || more.length > 0) throw badSource(source, 'model_id')
  if (reference === undefined) return { kind: 'logged-model', modelId: name }
  return { kind: 'version', model: name, reference, by: /^\d+$/.test(reference) ? 'version' : 'stage' }
}

function checkNoRelativeParts(source: string): void {
  let decoded = source
  for (let round = 0; round < 10; round += 1) {
    const next = decodeOnce(decoded)
    if (next === decoded) break
    decoded = next
  }
  if (decoded.includes('\0') || decoded.split(/[/\\]/).some((part) => part === '..' || part === '.'))
    throw invalid(
      `Invalid model version source: '${source}'. If supplying a source as an http, https, local file path, ftp, objectstore, or mlflow-artifacts uri, an absolute path must be provided without relative path references present. Please provide an absolute path.`,
      'source',
    )
}

function decodeOnce(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

/** True when an artifact URI is a root or below it. Both are `mlflow-artifacts:/…`. */
export function isWithin(uri: string, root: string): boolean {
  const plain = (text: string) =>
    text
      .replace(/^mlflow-artifacts:\/*/, '')
      .split('/')
      .filter((part) => part !== '')
  const rootParts = plain(root)
  const parts = plain(uri)
  return rootParts.length > 0 && rootParts.every((part, index) => parts[index] === part)
}
