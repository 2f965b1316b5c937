{{- define "flashsale.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* 52 characters, so that what is appended fits into the 63 of a name. */}}
{{- define "flashsale.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride }}
{{- $full := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) }}
{{- default $full .Values.fullnameOverride | trunc 52 | trimSuffix "-" }}
{{- end }}

{{- define "flashsale.selectorLabels" -}}
app.kubernetes.io/name: {{ include "flashsale.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* Those of the nodes, and of no other pod of the release. */}}
{{- define "flashsale.nodeLabels" -}}
{{ include "flashsale.selectorLabels" . }}
app.kubernetes.io/component: node
{{- end }}

{{- define "flashsale.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "flashsale.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
app.kubernetes.io/part-of: flashsale
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "flashsale.image" -}}
{{- with .Values.image }}
{{- if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ default $.Chart.AppVersion .tag }}{{ end }}
{{- end }}
{{- end }}

{{- define "flashsale.serviceAccountName" -}}
{{- default (.Values.serviceAccount.create | ternary (include "flashsale.fullname" .) "default") .Values.serviceAccount.name }}
{{- end }}

{{- define "flashsale.nodes" -}}
{{- .Values.autoscaling.enabled | ternary .Values.autoscaling.minReplicas .Values.replicaCount }}
{{- end }}

{{- define "flashsale.databaseSecret" -}}
{{- $full := include "flashsale.fullname" . }}
{{- if .Values.cloudnativepg.enabled }}{{ $full }}-db-app
{{- else if .Values.database.existingSecret }}{{ .Values.database.existingSecret }}
{{- else if .Values.database.password }}{{ $full }}-database
{{- else }}{{ fail "A node needs a PostgreSQL: set database.existingSecret (its keys host, port, dbname, user, password), or database.host and database.password, or cloudnativepg.enabled" }}
{{- end }}
{{- end }}

{{- define "flashsale.databaseEnv" -}}
{{- $secret := include "flashsale.databaseSecret" . }}
{{- $db := .Values.database }}
{{- $own := and $db.password (not $db.existingSecret) (not .Values.cloudnativepg.enabled) }}
{{- if .Values.cloudnativepg.enabled }}{{ $db = dict "secretKeys" (dict "host" "host" "port" "port" "name" "dbname" "user" "user" "password" "password") }}{{ end }}
{{- if and $own (not $db.host) (not $db.url) }}{{ fail "database.password is given without database.host or database.url" }}{{ end }}
{{- if $db.url }}
- name: DB_URL
  value: {{ $db.url | quote }}
{{- else if $db.host }}
- name: DB_HOST
  value: {{ $db.host | quote }}
- name: DB_PORT
  value: {{ $db.port | quote }}
- name: DB_NAME
  value: {{ $db.name | quote }}
{{- else }}
- name: DB_HOST
  valueFrom: {secretKeyRef: {name: {{ $secret }}, key: {{ $db.secretKeys.host }}}}
- name: DB_PORT
  valueFrom: {secretKeyRef: {name: {{ $secret }}, key: {{ $db.secretKeys.port }}}}
- name: DB_NAME
  valueFrom: {secretKeyRef: {name: {{ $secret }}, key: {{ $db.secretKeys.name }}}}
{{- end }}
- name: DB_USER
  {{- if or $db.user $own }}
  value: {{ default "flashsale" $db.user | quote }}
  {{- else }}
  valueFrom: {secretKeyRef: {name: {{ $secret }}, key: {{ $db.secretKeys.user }}}}
  {{- end }}
- name: DB_PASSWORD
  valueFrom: {secretKeyRef: {name: {{ $secret }}, key: {{ if $own }}password{{ else }}{{ $db.secretKeys.password }}{{ end }}}}
{{- end }}

{{/* What all pods of the release have. */}}
{{- define "flashsale.podSpec" -}}
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
# A service called "db" would otherwise set DB_PORT to tcp://...
enableServiceLinks: false
securityContext:
  {{- toYaml .Values.podSecurityContext | nindent 2 }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
