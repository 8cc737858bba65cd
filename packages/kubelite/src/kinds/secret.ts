/** What the types of Secrets ask for (`ValidateSecret`). */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { readJson } from '../http/go-json.ts'
import { isObject } from '../schema/node.ts'
import type { FieldError } from '../status-error.ts'
import { invalidValue, objectAt, required } from './field-errors.ts'

export function validateSecretType(secret: KubeObject): FieldError[] {
  const data = objectAt(secret.data)
  const missing = (...keys: string[]) =>
    keys.filter((key) => data[key] === undefined).map((key) => required(`data[${key}]`))
  switch (secret.type) {
    case 'kubernetes.io/service-account-token': {
      const account = 'kubernetes.io/service-account.name'
      return secret.metadata.annotations?.[account] ? [] : [required(`metadata.annotations[${account}]`)]
    }
    case 'kubernetes.io/dockercfg':
      return dockerConfig(data, '.dockercfg')
    case 'kubernetes.io/dockerconfigjson':
      return dockerConfig(data, '.dockerconfigjson')
    case 'kubernetes.io/basic-auth': {
      // One of the two is enough.
      const lacks = missing('username', 'password')
      return lacks.length === 2 ? lacks : []
    }
    case 'kubernetes.io/ssh-auth':
      return data['ssh-privatekey'] ? [] : [required('data[ssh-privatekey]')]
    case 'kubernetes.io/tls':
      return missing('tls.crt', 'tls.key')
    default:
      return []
  }
}

function dockerConfig(data: Readonly<Record<string, unknown>>, key: string): FieldError[] {
  const field = `data[${key}]`
  const refused = (why: string) => [invalidValue(field, '<secret contents redacted>', why)]
  if (data[key] === undefined) return [required(field)]
  const text = Buffer.from(String(data[key]), 'base64').toString()
  const { fault } = readJson(text)
  if (fault !== '') return refused(fault)
  const value: unknown = JSON.parse(text)
  if (isObject(value) || value === null) return []
  const found = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value
  return refused(`json: cannot unmarshal ${found} into Go value of type map[string]interface {}`)
}
