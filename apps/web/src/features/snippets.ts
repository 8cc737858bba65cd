/** Snippets that work as pasted: this installation's address, this workspace, and a token from the environment. Pure. */

export type Snippet = { label: string; code: string }

/** The address that `MLFLOW_TRACKING_URI` takes; the same as `npm run status -- --json` prints. */
export function mlflowAddress(url: string, workspace: string): string {
  return `${url}/workspaces/${workspace}/mlflow`
}

export function trainSnippets(url: string, workspace: string): Snippet[] {
  const environment = `export MLFLOW_TRACKING_URI=${mlflowAddress(url, workspace)}\nexport MLFLOW_TRACKING_TOKEN=…   # from "Access tokens"`
  return [
    {
      label: 'Python',
      code: `# pip install mlflow-skinny\nimport os\nimport mlflow\n\nos.environ.setdefault("MLFLOW_TRACKING_URI", "${mlflowAddress(url, workspace)}")\n# os.environ["MLFLOW_TRACKING_TOKEN"] = "…"   # from "Access tokens"\n\nmlflow.set_experiment("first-steps")\nwith mlflow.start_run():\n    mlflow.log_param("alpha", 0.5)\n    for step in range(20):\n        mlflow.log_metric("loss", 1 / (step + 1), step=step)\n`,
    },
    {
      label: 'Shell',
      code: `${environment}\npython -c 'import mlflow; mlflow.set_experiment("first-steps"); mlflow.log_metric("loss", 0.1)'\n`,
    },
    {
      label: 'curl',
      code: `curl -sS ${mlflowAddress(url, workspace)}/api/2.0/mlflow/experiments/create \\\n  -H "authorization: Bearer $MLFLOW_TRACKING_TOKEN" \\\n  -H 'content-type: application/json' -d '{"name": "first-steps"}'\n`,
    },
  ]
}

export function jobYaml(workspace: string): string {
  return `apiVersion: batch/v1
kind: Job
metadata:
  name: hello
  namespace: ${workspace}
spec:
  backoffLimit: 1
  template:
    spec:
      restartPolicy: Never
      serviceAccountName: default-editor
      containers:
        - name: main
          image: keelson/python:1
          command: [python, -c]
          args:
            - |
              import mlflow
              mlflow.set_experiment("hello")
              with mlflow.start_run():
                  mlflow.log_metric("answer", 42)
                  print("logged")
`
}

type Framework = { kind: string; specKey: string; replicaTypes: readonly string[]; container: string }

/** A small job of two replicas of one of the training kinds. */
export function trainingYaml(workspace: string, { kind, specKey, replicaTypes, container }: Framework): string {
  const types = replicaTypes.filter((type) => type === 'Master' || type === 'Launcher').slice(0, 1)
  const named = (kind === 'TFJob' ? ['PS', 'Worker'] : [...types, 'Worker']).map((type) => replicaYaml(type, container))
  return `apiVersion: kubeflow.org/v1
kind: ${kind}
metadata:
  name: hello-${container}
  namespace: ${workspace}
spec:
  runPolicy:
    cleanPodPolicy: Running
  ${specKey}:
${named.join('')}`
}

function replicaYaml(type: string, container: string): string {
  return `    ${type}:
      replicas: 1
      restartPolicy: Never
      template:
        spec:
          serviceAccountName: default-editor
          containers:
            - name: ${container}
              image: keelson/python:1
              command: [python, -u, -c]
              args: ["for step in range(5): print(f'step={step} loss={1 / (step + 1):.3f}')"]
`
}

export function jobSnippets(workspace: string): Snippet[] {
  return [
    { label: 'YAML', code: jobYaml(workspace) },
    {
      label: 'kubectl',
      code: `kubectl apply -n ${workspace} -f job.yaml\nkubectl logs -n ${workspace} -f job/hello\n`,
    },
  ]
}

export function registerSnippets(url: string, workspace: string): Snippet[] {
  return [
    {
      label: 'Python',
      code: `# pip install mlflow-skinny scikit-learn\nimport mlflow\nfrom sklearn.linear_model import LogisticRegression\n\nmlflow.set_tracking_uri("${mlflowAddress(url, workspace)}")   # token: MLFLOW_TRACKING_TOKEN\nmlflow.set_experiment("first-steps")\nwith mlflow.start_run():\n    model = LogisticRegression().fit([[0.0], [1.0]], [0, 1])\n    mlflow.sklearn.log_model(model, name="model", registered_model_name="first-model", input_example=[[0.5]])\n`,
    },
  ]
}

export function serveYaml(workspace: string): string {
  return `apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: first-model
  namespace: ${workspace}
spec:
  predictor:
    model:
      modelFormat: { name: sklearn }
      storageUri: models:/first-model/1
`
}

/** Asking an endpoint from outside. `body` is on one line or many; it is passed on as it is. */
export function askSnippets(address: string, body: string): Snippet[] {
  const quoted = body.replaceAll("'", "'\\''")
  return [
    {
      label: 'curl',
      code: `curl -sS '${address}' \\\n  -H "authorization: Bearer $KEELSON_TOKEN" \\\n  -H 'content-type: application/json' \\\n  -d '${quoted}'\n`,
    },
    {
      label: 'Python',
      code: `import json, os, urllib.request\n\nbody = json.loads(r"""${body}""")\nrequest = urllib.request.Request(\n    "${address}",\n    data=json.dumps(body).encode(),\n    headers={"authorization": f"Bearer {os.environ['KEELSON_TOKEN']}", "content-type": "application/json"},\n)\nprint(json.load(urllib.request.urlopen(request)))\n`,
    },
  ]
}

type Kind = { group: string; version: string; plural: string }

const pythonClient =
  '# pip install kubernetes\nfrom kubernetes import config, dynamic\n\nclient = dynamic.DynamicClient(config.new_client_from_config())\n'

/** `kubectl` finds a kind by its plural and group. */
const kubectlKind = ({ group, plural }: Kind) => (group === '' ? plural : `${plural}.${group}`)
const apiPath = (workspace: string | null, { group, version, plural }: Kind) =>
  `${group === '' ? '/api' : `/apis/${group}`}/${version}/${workspace === null ? '' : `namespaces/${workspace}/`}${plural}`

/** The objects of a kind from outside, each dialect by its usual client. */
export function kindSnippets(workspace: string | null, kind: Kind): Snippet[] {
  const where = workspace === null ? '' : ` -n ${workspace}`
  return [
    {
      label: 'kubectl',
      code: `kubectl get ${kubectlKind(kind)}${where}\nkubectl explain ${kubectlKind(kind)}\nkubectl apply --server-side${where} -f object.yaml\n`,
    },
    { label: 'curl', code: `kubectl proxy --port 8001 &\ncurl -sS http://127.0.0.1:8001${apiPath(workspace, kind)}\n` },
    {
      label: 'Python',
      code: `${pythonClient}api = next(iter(client.resources.search(prefix="${kind.group === '' ? 'api' : 'apis'}", group="${kind.group}", api_version="${kind.version}", name="${kind.plural}")))\nfor item in api.get(${workspace === null ? '' : `namespace="${workspace}"`}).items:\n    print(item.metadata.name)\n`,
    },
  ]
}

/** All kinds that there are, from outside. */
export function kindsSnippets(workspace: string | null): Snippet[] {
  const scope = workspace === null ? '' : ' --namespaced'
  return [
    {
      label: 'kubectl',
      code: `kubectl api-resources${scope}${workspace === null ? '' : `\nkubectl get all -n ${workspace}`}\n`,
    },
    {
      label: 'curl',
      code: `kubectl proxy --port 8001 &\ncurl -sS http://127.0.0.1:8001/api/v1\ncurl -sS http://127.0.0.1:8001/apis\n`,
    },
    {
      label: 'Python',
      code: `${pythonClient}for api in client.resources.search(${workspace === null ? '' : 'namespaced=True'}):\n    print(getattr(api, "group_version", ""), api.kind)\n`,
    },
  ]
}

/** An object of any kind, made from a file of YAML: tried first. */
export function createSnippets(workspace: string | null, kind: Kind): Snippet[] {
  const where = workspace === null ? '' : ` -n ${workspace}`
  return [
    {
      label: 'kubectl',
      code: `kubectl create${where} -f object.yaml --dry-run=server --validate=strict\nkubectl create${where} -f object.yaml --validate=strict\n`,
    },
    {
      label: 'curl',
      code: `kubectl proxy --port 8001 &\ncurl -sS -X POST 'http://127.0.0.1:8001${apiPath(workspace, kind)}?fieldValidation=Strict' \\\n  -H 'content-type: application/yaml' --data-binary @object.yaml\n`,
    },
    {
      label: 'Python',
      code: `${pythonClient}import yaml\n\nbody = yaml.safe_load(open("object.yaml"))\napi = client.resources.get(api_version=body["apiVersion"], kind=body["kind"])\nmade = api.create(body=body${workspace === null ? '' : `, namespace="${workspace}"`})\nprint(made.metadata.name)\n`,
    },
  ]
}

/** Who may do what in a workspace, as the role bindings that contributors are. */
export function contributorSnippets(url: string, workspace: string): Snippet[] {
  const binding = `{"user": {"kind": "User", "name": "bob@example.org"}, "referredNamespace": "${workspace}", "RoleRef": {"kind": "ClusterRole", "name": "view"}}`
  return [
    {
      label: 'kubectl',
      code: `kubectl get rolebindings -n ${workspace} -o wide\nkubectl auth can-i --list -n ${workspace}\n`,
    },
    {
      label: 'curl',
      code: `curl -sS '${url}/kfam/v1/bindings?namespace=${workspace}' -H "authorization: Bearer $KEELSON_TOKEN"\ncurl -sS -X POST '${url}/kfam/v1/bindings' -H "authorization: Bearer $KEELSON_TOKEN" \\\n  -H 'content-type: application/json' -d '${binding}'\n`,
    },
    {
      label: 'Python',
      code: `import json, os, urllib.request\n\nrequest = urllib.request.Request(\n    "${url}/kfam/v1/bindings?namespace=${workspace}",\n    headers={"authorization": f"Bearer {os.environ['KEELSON_TOKEN']}"},\n)\nfor binding in json.load(urllib.request.urlopen(request))["bindings"]:\n    print(binding["user"]["name"], binding["RoleRef"]["name"])\n`,
    },
  ]
}

/** What the page of one object does, from outside: read, try, compare, write, delete. */
export function objectSnippets(address: Kind & { workspace: string | null; name: string }, kind: string): Snippet[] {
  const { workspace, name, group, version } = address
  const where = workspace === null ? '' : ` -n ${workspace}`
  const what = `${kubectlKind(address)} ${name}${where}`
  const file = `${name}.yaml`.replaceAll(':', '-')
  const url = `http://127.0.0.1:8001${apiPath(workspace, address)}/${name}`
  const apiVersion = group === '' ? version : `${group}/${version}`
  const named = workspace === null ? `name="${name}"` : `name="${name}", namespace="${workspace}"`
  return [
    {
      label: 'kubectl',
      code: `kubectl get ${what} -o yaml > ${file}\nkubectl diff${where} -f ${file}\nkubectl replace${where} -f ${file} --dry-run=server --validate=strict\nkubectl replace${where} -f ${file} --validate=strict\nkubectl delete ${what}\n`,
    },
    {
      label: 'curl',
      code: `kubectl proxy --port 8001 &\ncurl -sS ${url} > ${name}.json\ncurl -sS -X PUT '${url}?dryRun=All&fieldValidation=Strict' \\\n  -H 'content-type: application/json' --data-binary @${name}.json\n`,
    },
    {
      label: 'Python',
      code: `${pythonClient}api = client.resources.get(api_version="${apiVersion}", kind="${kind}")\nfound = api.get(${named})\nprint(found.to_dict())\napi.replace(body=found.to_dict(), ${named}, query_params=[("dryRun", "All")])\n`,
    },
  ]
}

/** A notebook from outside: the body is the form's, and what it leaves out is as the installation has it. */
export function notebookSnippets(url: string, workspace: string, form: { name: string }): Snippet[] {
  const address = `${url}/jupyter/api/namespaces/${workspace}/notebooks`
  const body = JSON.stringify(form, null, 2)
  const quoted = body.replaceAll("'", "'\\''")
  return [
    {
      label: 'curl',
      code: `curl -sS -X POST '${address}' \\\n  -H "authorization: Bearer $KEELSON_TOKEN" \\\n  -H 'content-type: application/json' -d '${quoted}'\n`,
    },
    {
      label: 'Python',
      code: `import json, os, urllib.request\n\nform = json.loads(r"""${body}""")\nrequest = urllib.request.Request(\n    "${address}",\n    data=json.dumps(form).encode(),\n    headers={"authorization": f"Bearer {os.environ['KEELSON_TOKEN']}", "content-type": "application/json"},\n)\nprint(json.load(urllib.request.urlopen(request))["message"])\n`,
    },
    {
      label: 'kubectl',
      code: `kubectl get notebooks -n ${workspace}\nkubectl annotate notebook ${form.name} -n ${workspace} kubeflow-resource-stopped=$(date -u +%FT%TZ)   # stop\nkubectl annotate notebook ${form.name} -n ${workspace} kubeflow-resource-stopped-                        # start\n`,
    },
  ]
}

/** A volume from outside, as Kubeflow's volumes app makes it and as a claim. */
export function volumeSnippets(url: string, workspace: string, name: string): Snippet[] {
  const address = `${url}/volumes/api/namespaces/${workspace}/pvcs`
  const body = JSON.stringify({ name, type: 'empty', size: '5Gi', mode: 'ReadWriteOnce', class: '{empty}' })
  return [
    {
      label: 'kubectl',
      code: `kubectl apply -n ${workspace} -f - <<EOF\napiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: { name: ${name} }\nspec:\n  accessModes: [ReadWriteOnce]\n  resources: { requests: { storage: 5Gi } }\nEOF\n`,
    },
    {
      label: 'curl',
      code: `curl -sS -X POST '${address}' \\\n  -H "authorization: Bearer $KEELSON_TOKEN" \\\n  -H 'content-type: application/json' -d '${body}'\n`,
    },
    {
      label: 'Python',
      code: `import json, os, urllib.request\n\nrequest = urllib.request.Request(\n    "${address}",\n    headers={"authorization": f"Bearer {os.environ['KEELSON_TOKEN']}"},\n)\nfor claim in json.load(urllib.request.urlopen(request))["pvcs"]:\n    print(claim["name"], claim["capacity"], claim["status"]["phase"])\n`,
    },
  ]
}

/** A TensorBoard from outside, as Kubeflow's web app makes it and as an object. */
export function tensorboardSnippets(url: string, workspace: string, name: string, logspath: string): Snippet[] {
  const address = `${url}/tensorboards/api/namespaces/${workspace}/tensorboards`
  const body = JSON.stringify({ name, logspath, configurations: [] })
  const yaml = `apiVersion: tensorboard.kubeflow.org/v1alpha1\nkind: Tensorboard\nmetadata:\n  name: ${name}\n  namespace: ${workspace}\nspec:\n  logspath: ${JSON.stringify(logspath)}\n`
  return [
    { label: 'YAML', code: yaml },
    { label: 'kubectl', code: `kubectl apply -f - <<'EOF'\n${yaml}EOF\nkubectl get tensorboards -n ${workspace}\n` },
    {
      label: 'curl',
      code: `curl -sS -X POST '${address}' \\\n  -H "authorization: Bearer $KEELSON_TOKEN" \\\n  -H 'content-type: application/json' -d '${body.replaceAll("'", "'\\''")}'\n`,
    },
    {
      label: 'Python',
      code: `import json, os, urllib.request\n\nrequest = urllib.request.Request(\n    "${address}",\n    data=json.dumps(json.loads(r"""${body}""")).encode(),\n    headers={"authorization": f"Bearer {os.environ['KEELSON_TOKEN']}", "content-type": "application/json"},\n)\nprint(json.load(urllib.request.urlopen(request))["message"])\n`,
    },
  ]
}
