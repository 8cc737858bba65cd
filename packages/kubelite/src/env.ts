import { parseEnv, secret } from '@keelson/process/env'
import { z } from 'zod'

/** The environment of the kubelite process (`main.ts`). */
export const kubeliteEnv = {
  KUBELITE_DATABASE_URL: secret(z.string().min(1)).describe(
    'Postgres; kubelite keeps its log in the schema `kubelite`.',
  ),
  KUBELITE_HOME: z.string().min(1).describe('Folder for keys, the admin kubeconfig, pods and their logs.'),
  KUBELITE_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65535)
    .default(0)
    .describe('Port of the API on 127.0.0.1; 0 picks a free one.'),
  KUBELITE_IMAGES: z.string().optional().describe('A table of images that adds to the built-in one.'),
  KUBELITE_TOKEN_WEBHOOK_URL: z.url().optional().describe('Where unknown bearer tokens are reviewed.'),
  KUBELITE_TOKEN_WEBHOOK_SECRET: secret(z.string().optional()).describe('Bearer secret of the token webhook.'),
  KUBELITE_AUDIT_WEBHOOK_URL: z
    .url()
    .optional()
    .describe('Told which requests were refused (audit.k8s.io/v1); its secret is that of the token webhook.'),
  KUBELITE_POD_NETWORK: z
    .enum(['shared', 'namespaced', 'auto'])
    .default('shared')
    .describe(
      'shared: pods use the loopback of the host; namespaced: each has a network namespace and an address (Linux, as root); auto: namespaced where that works.',
    ),
  KUBELITE_POD_DOORS: z
    .string()
    .default('')
    .transform((text) => text.split(',').filter(Boolean).map(Number))
    .pipe(z.array(z.number().int().min(1).max(65535)))
    .describe('Ports of the loopback, with commas between, that pods with a network of their own reach at 10.96.0.1.'),
  KEELSON_LOG_LEVEL: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('Least level that is logged.'),
}

export const readKubeliteEnv = () => parseEnv(kubeliteEnv)
