{{/* The text of a file of k8s/. A name that is misspelt is an error, and not an empty text. */}}
{{- define "dispatch-subgraph.file" -}}
{{- $path := printf "files/%s" (index . 1) -}}
{{- required (printf "there is no %s in this chart" $path) ((index . 0).Files.Get $path) -}}
{{- end }}

{{/* Prints an object of k8s/ as one of this release: with its namespace, and with the labels by which Helm's are known. */}}
{{- define "dispatch-subgraph.object" -}}
{{- $root := index . 0 -}}
{{- $object := index . 1 -}}
{{- $labels := dict
  "app.kubernetes.io/name" "dispatch-subgraph"
  "app.kubernetes.io/instance" $root.Release.Name
  "app.kubernetes.io/version" $root.Chart.AppVersion
  "app.kubernetes.io/managed-by" $root.Release.Service
  "helm.sh/chart" (printf "%s-%s" $root.Chart.Name $root.Chart.Version)
-}}
{{- $_ := set $object.metadata "namespace" $root.Release.Namespace -}}
{{- $_ := set $object.metadata "labels" (mergeOverwrite $labels ($object.metadata.labels | default dict)) -}}
{{- toYaml $object -}}
{{- end }}

{{/* The settings of k8s/base/config.env, with those of the values over them. */}}
{{- define "dispatch-subgraph.config" -}}
{{- $config := dict -}}
{{- range splitList "\n" (include "dispatch-subgraph.file" (list . "base/config.env")) -}}
{{- if regexMatch "^[A-Z]" . -}}
{{- $pair := splitn "=" 2 . -}}
{{- $_ := set $config $pair._0 $pair._1 -}}
{{- end -}}
{{- end -}}
{{- toYaml (mergeOverwrite $config .Values.config) -}}
{{- end }}

{{- define "dispatch-subgraph.image" -}}
{{- $repository := required "image.repository has to be given: where the image was pushed to" .Values.image.repository -}}
{{- if .Values.image.digest -}}
{{- printf "%s@%s" $repository .Values.image.digest -}}
{{- else -}}
{{- printf "%s:%s" $repository (.Values.image.tag | default .Chart.AppVersion) -}}
{{- end -}}
{{- end }}

{{- define "dispatch-subgraph.host" -}}
{{- required "host has to be given: where clients come to" .Values.host -}}
{{- end }}
