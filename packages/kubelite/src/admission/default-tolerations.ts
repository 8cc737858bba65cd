/** DefaultTolerationSeconds: a pod stays for five minutes on a node that is not ready or not reachable. */
import { type AdmissionPlugin, isPodWrite, objectsIn, specOf } from './plugin.ts'

const taints = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']

export const defaultTolerationSeconds: AdmissionPlugin = {
  name: 'DefaultTolerationSeconds',
  mutate: (request) => {
    if (!isPodWrite(request) || request.operation === 'DELETE') return
    const spec = specOf(request.object)
    const present = objectsIn(spec.tolerations)
    const missing = taints.filter(
      (key) => !present.some((one) => (!one.key || one.key === key) && (!one.effect || one.effect === 'NoExecute')),
    )
    if (missing.length === 0) return
    spec.tolerations = [
      ...present,
      ...missing.map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 })),
    ]
  },
}
