/** What is no good request, and the words in which it is refused. */
import { beforeAll, describe, expect, test } from 'vitest'
import { type CallOptions, configMap, type Subject } from '../cluster.ts'

const unreadable = (why: string) =>
  `the object provided is unrecognized (must be of type ConfigMap): couldn't get version/kind; json parse error: ${why}`
const merge = 'application/merge-patch+json'

export function badInputSuite({ cluster }: Subject): void {
  describe('bad input', () => {
    let ns = ''
    const path = (rest = '') => `/api/v1/namespaces/${ns}/configmaps${rest}`
    const check = async (method: string, rest: string, options: CallOptions, status: number, message: string) => {
      const answer = await cluster().call(method, path(rest), options)
      expect([answer.status, answer.body.message]).toEqual([status, message])
    }
    beforeAll(async () => {
      ns = await cluster().namespace()
      await cluster().post(path(), configMap('there'))
    })

    test.each([
      ['{', unreadable('unexpected end of JSON input ({)')],
      ['nonsense', unreadable("invalid character 'o' in literal null (expecting 'u') (6e6f6e73656e7365)")],
      ['', unreadable('unexpected end of JSON input (<empty>)')],
      ["{'a':1}", unreadable("invalid character '\\'' looking for beginning of object key string ({'a':1})")],
      ['{"a":1,}', unreadable('invalid character \'}\' looking for beginning of object key string ({"a":1,})')],
      ['{"a":1} b', unreadable('invalid character \'b\' after top-level value ({"a":1} b)')],
      ['[1 2]', unreadable("invalid character '2' after array element (5b3120325d)")],
      ['{"a" 1}', unreadable('invalid character \'1\' after object key ({"a" 1})')],
      [
        '[]',
        unreadable(
          'json: cannot unmarshal array into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" } (5b5d)',
        ),
      ],
      [
        '{"apiVersion":"v2","kind":"ConfigMap"}',
        'ConfigMap in version "v2" cannot be handled as a ConfigMap: no kind "ConfigMap" is registered for version "v2" in scheme "pkg/runtime/scheme.go:111"',
      ],
      [
        '{"apiVersion":"v1","kind":"Secret"}',
        'Secret in version "v1" cannot be handled as a ConfigMap: converting (v1.Secret) to (core.ConfigMap): unknown conversion',
      ],
      [
        '{"data":{"a":1}}',
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal number into Go struct field ConfigMap.data of type string',
      ],
      [
        '{"data":[]}',
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: json: cannot unmarshal array into Go struct field ConfigMap.data of type map[string]string',
      ],
    ])('a body of %j is a bad request', (raw, message) =>
      check('POST', '', { raw, type: 'application/json' }, 400, message),
    )

    test('fields that come twice: refused, told, passed over', async () => {
      const raw = '{"metadata":{"name":"twice"},"data":{"a":"b","a":"c"}}'
      const send = (mode: string) =>
        cluster().call('POST', path(`?dryRun=All&fieldValidation=${mode}`), { raw, type: 'application/json' })
      const [strict, warn, ignore] = [await send('Strict'), await send('Warn'), await send('Ignore')]
      expect([strict.status, strict.body.message]).toEqual([
        400,
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: duplicate field "data.a"',
      ])
      expect([warn.status, warn.headers.warning, warn.body.data]).toEqual([
        201,
        '299 - "duplicate field \\"data.a\\""',
        { a: 'c' },
      ])
      expect([ignore.status, ignore.headers.warning]).toEqual([201, undefined])
    })

    test('YAML: a bomb is refused, its booleans are old', async () => {
      const bomb = [
        'a: &a [x,x,x,x,x,x,x,x,x]',
        ...'bcdefghi'
          .split('')
          .map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[index]}`).join(',')}]`),
      ].join('\n')
      const sent = (raw: string) => cluster().call('POST', path('?dryRun=All'), { raw, type: 'application/yaml' })
      const refused = await sent(bomb)
      expect([refused.status, refused.body.message]).toEqual([
        400,
        expect.stringContaining('yaml: document contains excessive aliasing'),
      ])
      const old = await sent('metadata: {name: y}\ndata: {a: yes}\n')
      expect([old.status, old.body.message]).toEqual([400, expect.stringContaining('cannot unmarshal bool')])
    })

    test.each([
      [
        'fieldValidation=No',
        'CreateOptions.meta.k8s.io "" is invalid: fieldValidation: Unsupported value: "No": supported values: "", "Ignore", "Strict", "Warn"',
      ],
      [
        'dryRun=No',
        'CreateOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["No"]: supported values: "All"',
      ],
      [
        `fieldManager=${'x'.repeat(129)}`,
        'CreateOptions.meta.k8s.io "" is invalid: fieldManager: Too long: may not be more than 128 bytes',
      ],
    ])('the option %s is invalid', (query, message) =>
      check('POST', `?${query}`, { body: configMap('x') }, 422, message),
    )

    test.each([
      ['labelSelector=a%20in%20(', "unable to parse requirement: found '', expected: ',', ')' or identifier"],
      ['labelSelector=a,', "found '', expected: identifier after ','"],
      ['labelSelector==', "found '=', expected: !, identifier, or 'end of string'"],
      ['labelSelector=a=b=c', "found '=', expected: ',' or 'end of string'"],
      ['labelSelector=!', "unable to parse requirement: found '', expected: identifier"],
      [
        'labelSelector=a%3Eb',
        "unable to parse requirement: values[0]: Invalid value: \"b\": for 'Gt', 'Lt' operators, the value must be an integer",
      ],
      ['limit=x', 'strconv.ParseInt: parsing "x": invalid syntax'],
      ['limit=', 'strconv.ParseInt: parsing "": invalid syntax'],
      ['timeoutSeconds=x', 'strconv.ParseInt: parsing "x": invalid syntax'],
    ])('a list with %s is a bad request', (query, message) => check('GET', `?${query}`, {}, 400, message))

    test.each([
      [
        { propagationPolicy: 'No' },
        422,
        'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Unsupported value: "No": supported values: "Foreground", "Background", "Orphan", "nil"',
      ],
      [
        { propagationPolicy: 'Orphan', orphanDependents: true },
        422,
        'DeleteOptions.meta.k8s.io "" is invalid: propagationPolicy: Invalid value: "Orphan": orphanDependents and deletionPropagation cannot be both set',
      ],
      [
        { gracePeriodSeconds: 'x' },
        400,
        'json: cannot unmarshal string into Go struct field DeleteOptions.gracePeriodSeconds of type int64',
      ],
      [
        { dryRun: ['No'] },
        422,
        'DeleteOptions.meta.k8s.io "" is invalid: dryRun: Unsupported value: ["No"]: supported values: "All"',
      ],
    ])('a deletion with %j is refused', (body, status, message) => check('DELETE', '/there', { body }, status, message))

    test('patches: media type, text, outcome, options', async () => {
      await check('PATCH', '/there', { raw: '{}', type: 'text/plain' }, 415, '415: Unsupported Media Type')
      await check(
        'PATCH',
        '/there',
        { raw: '{', type: merge },
        400,
        'error decoding patch: unexpected end of JSON input',
      )
      await check(
        'PATCH',
        '/there?force=true',
        { raw: '{}', type: merge },
        422,
        'PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch',
      )
      const wrong = await cluster().merge(path('/there'), { data: 5 })
      expect([wrong.status, wrong.body.details.causes[0].field]).toEqual([422, 'patch'])
    })

    test('methods and media types', async () => {
      expect((await cluster().call('PUT', path(), { body: configMap('x') })).status).toBe(405)
      expect((await cluster().post('/api/v1/configmaps', configMap('x'))).status).toBe(405)
      await check(
        'PUT',
        '/there',
        { body: { metadata: {} } },
        400,
        'the name of the object (there based on URL) was undeterminable: name must be provided',
      )
      await check(
        'GET',
        '/there',
        { headers: { Accept: 'text/html' } },
        406,
        '406: Not Acceptable\n\nAvailable representations: application/json, application/yaml, application/vnd.kubernetes.protobuf',
      )
      await check(
        'GET',
        '/there',
        { headers: { Accept: 'application/json;as=No' } },
        406,
        'only the following media types are accepted: application/json, application/yaml, application/vnd.kubernetes.protobuf',
      )
      await check(
        'POST',
        '',
        { raw: '{}', type: 'text/plain' },
        415,
        'the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
      )
    })

    test('a huge body is refused, and the next request is answered', async () => {
      const huge = configMap('huge', { a: 'x'.repeat(3_300_000) })
      expect((await cluster().post(path(), huge)).status).toBe(413)
      expect((await cluster().get(path('/there'))).status).toBe(200)
    })

    test('nesting beyond all measure is refused', async () => {
      const raw = `{"metadata":{"name":"deep"},"data":${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}}`
      const refused = await cluster().call('POST', path(), { raw, type: 'application/json' })
      expect([refused.status, refused.body.message]).toEqual([
        400,
        expect.stringContaining("invalid character '{' exceeded max depth"),
      ])
    })
  })
}
