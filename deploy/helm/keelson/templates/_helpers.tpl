{{- define "keelson.name" -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}

{{- define "keelson.labels" -}}
app.kubernetes.io/part-of: keelson
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- /* What a Deployment's selector holds: never changes between versions. Takes (dict "root" $ "part" "gateway"). */ -}}
{{- define "keelson.selector" -}}
app.kubernetes.io/name: keelson-{{ .part }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
{{- end -}}

{{- define "keelson.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}

{{- define "keelson.podUrl" -}}
{{- if .Values.advertisedUrl -}}{{ .Values.advertisedUrl | trimSuffix "/" }}
{{- else -}}
http://{{ include "keelson.name" . }}-gateway.{{ .Release.Namespace }}.svc{{ if ne (int .Values.service.port) 80 }}:{{ .Values.service.port }}{{ end }}
{{- end -}}
{{- end -}}

{{- define "keelson.kinds" -}}
{{- $pairs := list -}}
{{- range $name, $owner := .Values.kinds }}{{ $pairs = append $pairs (printf "%s=%s" $name $owner) }}{{ end -}}
{{- join "," $pairs -}}
{{- end -}}

{{- define "keelson.databaseEnv" -}}
- name: DATABASE_URL
  valueFrom:
    secretKeyRef:
      name: {{ .Values.database.existingSecret | default (printf "%s-database" (include "keelson.name" .)) }}
      key: {{ .Values.database.secretKey }}
{{- end -}}

{{- define "keelson.secretsName" -}}
{{ .Values.secrets.existingSecret | default (printf "%s-secrets" (include "keelson.name" .)) }}
{{- end -}}

{{- define "keelson.internalSecretEnv" -}}
- name: KEELSON_INTERNAL_SECRET
  valueFrom: { secretKeyRef: { name: {{ include "keelson.secretsName" . }}, key: KEELSON_INTERNAL_SECRET } }
{{- end -}}

{{- define "keelson.addressEnv" -}}
- { name: KEELSON_URL, value: {{ .Values.url | trimSuffix "/" | quote }} }
- { name: KEELSON_CONTENT_URL, value: {{ .Values.contentUrl | trimSuffix "/" | quote }} }
- { name: KEELSON_POD_URL, value: {{ include "keelson.podUrl" . | quote }} }
{{- end -}}

{{- define "keelson.commonEnv" -}}
- { name: NODE_ENV, value: production }
- { name: KEELSON_LOG_LEVEL, value: {{ .Values.logLevel }} }
{{- with .Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "keelson.podSettings" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 1000
  runAsGroup: 1000
  fsGroup: 1000
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile: { type: RuntimeDefault }
{{- with .Values.hostAliases }}
hostAliases:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.topologySpreadConstraints }}
topologySpreadConstraints:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "keelson.containerSettings" -}}
image: {{ include "keelson.image" . }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
terminationMessagePolicy: FallbackToLogsOnError
{{- end -}}

{{- define "keelson.podMetadata" -}}
labels:
  {{- include "keelson.selector" . | nindent 2 }}
  app.kubernetes.io/part-of: keelson
  {{- with .root.Values.podLabels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with .root.Values.podAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- /* Applies the migrations before the process begins; whoever comes second waits, and finds them applied. */ -}}
{{- define "keelson.migrate" -}}
- name: migrate
  {{- include "keelson.containerSettings" . | nindent 2 }}
  command: [node, packages/db/src/main.ts]
  env:
    {{- include "keelson.databaseEnv" . | nindent 4 }}
    {{- include "keelson.commonEnv" . | nindent 4 }}
  resources:
    requests: { cpu: 50m, memory: 128Mi }
    limits: { memory: 512Mi }
{{- end -}}

{{- define "keelson.artifactsVolume" -}}
- name: artifacts
  persistentVolumeClaim:
    claimName: {{ .Values.artifacts.existingClaim | default (printf "%s-artifacts" (include "keelson.name" .)) }}
- name: tmp
  emptyDir: {}
{{- end -}}
