/** The errors of the Kubernetes API: `meta/v1.Status` with the reasons, codes and texts of `k8s.io/apimachinery/pkg/api/errors`. */

export type StatusCause = { reason?: string; message?: string; field?: string }
export type StatusDetails = {
  name?: string
  group?: string
  kind?: string
  uid?: string
  causes?: StatusCause[]
  retryAfterSeconds?: number
}
export type StatusBody = {
  kind: 'Status'
  apiVersion: 'v1'
  metadata: Record<string, unknown>
  status: 'Success' | 'Failure'
  message?: string
  reason?: string
  details?: StatusDetails
  code: number
}

export class StatusError extends Error {
  readonly code: number
  readonly reason: string
  readonly details: StatusDetails | undefined

  constructor(code: number, reason: string, message: string, details?: StatusDetails) {
    super(message)
    this.name = 'StatusError'
    this.code = code
    this.reason = reason
    this.details = details
  }

  toBody(): StatusBody {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      ...(this.reason ? { reason: this.reason } : {}),
      ...(this.details ? { details: this.details } : {}),
      code: this.code,
    }
  }
}

/** A group and plural (or kind) as errors name it: `jobs.batch`, `pods`. */
export type GroupResource = { group: string; plural: string }
export const qualified = (resource: GroupResource): string =>
  resource.group ? `${resource.plural}.${resource.group}` : resource.plural
const detailsOf = (resource: GroupResource, name: string): StatusDetails => ({
  ...(name ? { name } : {}),
  ...(resource.group ? { group: resource.group } : {}),
  kind: resource.plural,
})

export const notFound = (resource: GroupResource, name: string) =>
  new StatusError(404, 'NotFound', `${qualified(resource)} "${name}" not found`, detailsOf(resource, name))

/** What a real server answers for a path that no group serves: text for a person, no details. */
export const noSuchPath = () => new StatusError(404, 'NotFound', 'the server could not find the requested resource', {})

export const alreadyExists = (resource: GroupResource, name: string) =>
  new StatusError(409, 'AlreadyExists', `${qualified(resource)} "${name}" already exists`, detailsOf(resource, name))

/** As `alreadyExists`, of an object that waits for its finalizers. */
export const stillDeleting = (resource: GroupResource, name: string) =>
  new StatusError(
    409,
    'AlreadyExists',
    `object is being deleted: ${qualified(resource)} "${name}" already exists`,
    detailsOf(resource, name),
  )

export const conflict = (resource: GroupResource, name: string, why: string) =>
  new StatusError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${why}`,
    detailsOf(resource, name),
  )

export const staleVersion = (resource: GroupResource, name: string) =>
  conflict(
    resource,
    name,
    'the object has been modified; please apply your changes to the latest version and try again',
  )

export const badRequest = (message: string) => new StatusError(400, 'BadRequest', message)
export const unauthorized = () => new StatusError(401, 'Unauthorized', 'Unauthorized')
export const gone = (message: string) => new StatusError(410, 'Expired', message)
export const internalError = (message: string) =>
  new StatusError(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] })
export const unavailable = (message: string) =>
  new StatusError(503, 'ServiceUnavailable', message, { retryAfterSeconds: 1 })
export const unsupportedMediaType = (message: string) => new StatusError(415, 'UnsupportedMediaType', message)
export const notAcceptable = (types: readonly string[], message?: string) =>
  message === undefined
    ? new StatusError(406, 'NotAcceptable', `406: Not Acceptable\n\nAvailable representations: ${types.join(', ')}`, {})
    : new StatusError(406, 'NotAcceptable', message)
export const methodNotAllowed = () =>
  new StatusError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {})
/** What a real server's options conversion and validation answer. */
export const invalidOptions = (kind: string, errors: readonly FieldError[]) => invalid('meta.k8s.io', kind, '', errors)
export const tooLarge = (message: string) => new StatusError(413, 'RequestEntityTooLarge', message)
/** A feature that Kubernetes has and kubelite does not: said by name. */
export const unimplemented = (what: string) =>
  new StatusError(501, 'NotImplemented', `kubelite does not implement ${what}`)

export const forbidden = (resource: GroupResource, name: string, why: string) =>
  new StatusError(
    403,
    'Forbidden',
    `${qualified(resource)}${name ? ` "${name}"` : ''} is forbidden: ${why}`,
    detailsOf(resource, name),
  )

/** One fault of a field, spelled as `field.Error.ErrorBody` does. */
export type FieldError = {
  field: string
  type: FieldErrorType
  detail: string
  value?: unknown
  /** The value is not printed: CEL rules on lists and objects. */
  unshown?: boolean
}
export type FieldErrorType =
  | 'FieldValueRequired'
  | 'FieldValueInvalid'
  | 'FieldValueForbidden'
  | 'FieldValueNotSupported'
  | 'FieldValueDuplicate'
  | 'FieldValueTypeInvalid'
  | 'FieldValueTooLong'
  | 'FieldValueTooMany'
  | 'FieldValueNotFound'

const titles: Record<FieldErrorType, string> = {
  FieldValueRequired: 'Required value',
  FieldValueInvalid: 'Invalid value',
  FieldValueForbidden: 'Forbidden',
  FieldValueNotSupported: 'Unsupported value',
  FieldValueDuplicate: 'Duplicate value',
  FieldValueTypeInvalid: 'Invalid value',
  FieldValueTooLong: 'Too long',
  FieldValueTooMany: 'Too many',
  FieldValueNotFound: 'Not found',
}

function bodyOf(error: FieldError): string {
  const title = titles[error.type]
  const silent =
    error.unshown === true ||
    error.type === 'FieldValueRequired' ||
    error.type === 'FieldValueForbidden' ||
    error.type === 'FieldValueTooLong' ||
    error.type === 'FieldValueTooMany'
  const value = silent
    ? ''
    : `: ${typeof error.value === 'string' ? JSON.stringify(error.value) : (JSON.stringify(error.value) ?? 'null')}`
  return `${title}${value}${error.detail ? `: ${error.detail}` : ''}`
}

/** 422 with one cause per fault. `group` and `kind` are those of the object, as in `Job.batch "x" is invalid`. */
export function invalid(group: string, kind: string, name: string, errors: readonly FieldError[]): StatusError {
  const causes = errors.map((error) => ({ reason: error.type, message: bodyOf(error), field: error.field }))
  const texts = errors.map((error) => `${error.field}: ${bodyOf(error)}`)
  const summary = texts.length === 1 ? texts[0] : `[${[...new Set(texts)].join(', ')}]`
  return new StatusError(422, 'Invalid', `${kind}${group ? `.${group}` : ''} "${name}" is invalid: ${summary}`, {
    ...(name ? { name } : {}),
    ...(group ? { group } : {}),
    kind,
    causes,
  })
}

/** A patch that makes no object of its kind: a 422 that names no object. */
export function invalidPatch(outcome: string, why: string): StatusError {
  const message = `Invalid value: ${JSON.stringify(outcome)}: ${why}`
  return new StatusError(422, 'Invalid', ` "" is invalid: patch: ${message}`, {
    causes: [{ reason: 'FieldValueInvalid', message, field: 'patch' }],
  })
}

/** Anything thrown, as a Status: what was not meant for a client becomes a 500 without its text. */
export function toStatusError(thrown: unknown): StatusError {
  return thrown instanceof StatusError ? thrown : internalError('unexpected failure')
}
