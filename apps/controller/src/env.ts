import { parseKindSetting } from '@keelson/core/platform'
import { parseEnv, secret } from '@keelson/process/env'
import { z } from 'zod'

const address = (fallback: string) =>
  z
    .url({ protocol: /^https?$/ })
    .default(fallback)
    .transform((value) => value.replace(/\/+$/, ''))

const hosts = z.string().transform((value) => value.split(',').map((host) => host.trim()))

const minutes = (fallback: number) => z.coerce.number().int().min(1).max(527_040).default(fallback)

/** What the controller is told. Every key works on a laptop as it is, but for those that the launcher makes. */
export const controllerEnv = {
  KEELSON_URL: address('http://localhost:7700').describe('The address that people and clients use.'),
  KEELSON_CONTENT_URL: address('http://127.0.0.1:7701').describe('The other site, for rendered artifacts.'),
  KEELSON_POD_URL: z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe('The advertised address by which pods reach the platform; default: KEELSON_URL.'),
  DATABASE_URL: secret(z.string().min(1)).describe('Postgres.'),
  KEELSON_KUBECONFIG: z
    .string()
    .optional()
    .describe('Path of the kubeconfig of the service account keelson-controller; without it, the pod’s own.'),
  KEELSON_ARTIFACTS: z.string().min(1).default('.keelson/artifacts').describe('The folder of the artifacts.'),
  KEELSON_NAMESPACE: z
    .string()
    .min(1)
    .default('keelson-system')
    .describe('Where the lease of the leading controller is.'),
  KEELSON_KINDS: z
    .string()
    .default('')
    .transform((text, context) => {
      try {
        return parseKindSetting(text)
      } catch (error) {
        context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) })
        return z.NEVER
      }
    })
    .describe(
      'Which kinds are Keelson’s and which another operator’s, where the evidence in the cluster is not to decide: inferenceservices.serving.kserve.io=other,profiles.kubeflow.org=keelson.',
    ),
  KEELSON_NAMESPACE_LABELS: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Path of a YAML map of labels for the namespaces of workspaces, beside the built-in ones: set where a namespace has none by that name, taken away where the value is empty. Changes are noticed.',
    ),
  ENABLE_CULLING: z
    .enum(['true', 'false'])
    .default('false')
    .transform((value) => value === 'true')
    .describe('true: notebooks in which nobody works are stopped, after a warning (Kubeflow’s name, as the next two).'),
  CULL_IDLE_TIME: minutes(1440).describe('After how many minutes without work a notebook is stopped.'),
  IDLENESS_CHECK_PERIOD: minutes(1).describe('How often a notebook is looked at, in minutes.'),
  ADD_FSGROUP: z
    .enum(['true', 'false'])
    .default('true')
    .transform((value) => value === 'true')
    .describe(
      'false: pods of notebooks without a security context get none, instead of fsGroup 100 (Kubeflow’s name).',
    ),
  TENSORBOARD_IMAGE: z
    .string()
    .min(1)
    .optional()
    .describe(
      'The image of TensorBoards, whose command takes TensorBoard’s arguments (Kubeflow’s name); default: keelson/tensorboard:1.',
    ),
  KEELSON_LEADER_IDENTITY: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Who this controller is in the election. A launcher that never runs two of them gives the same name each time: the new one then need not wait for the lease of the one that was killed.',
    ),
  KEELSON_CONTROLLER_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .optional()
    .describe('Port for /healthz, /readyz and /metrics; without it there is none.'),
  KEELSON_WEBHOOK_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .optional()
    .describe(
      'Port of the webhook that applies PodDefaults and hears who makes jobs (deploy/webhooks); without it there is none. It needs the next three.',
    ),
  KEELSON_WEBHOOK_CERT: z
    .string()
    .min(1)
    .optional()
    .describe('PEM file of its certificate, which the API server trusts.'),
  KEELSON_WEBHOOK_KEY: z.string().min(1).optional().describe('PEM file of the certificate’s key.'),
  KEELSON_WEBHOOK_PATH: secret(z.string().min(17).regex(/^\//).optional()).describe(
    'The path by which the API server asks. It is a secret: nothing else tells the API server from others.',
  ),
  KEELSON_WEBHOOK_BIND: hosts
    .optional()
    .describe('The addresses that KEELSON_WEBHOOK_PORT is on; default: those of KEELSON_BIND.'),
  KEELSON_BIND: hosts
    .default(['127.0.0.1'])
    .describe('The addresses that KEELSON_CONTROLLER_PORT is on, with commas between. In a pod: 0.0.0.0.'),
  KEELSON_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info'),
}

export type ControllerEnv = ReturnType<typeof readEnv>

export function readEnv(source?: Record<string, string | undefined>) {
  return parseEnv(controllerEnv, source)
}
