/** events.k8s.io/v1 and core/v1 are two forms of the same Event (k8s.io/kubernetes/pkg/apis/events/v1/conversion.go). */
import type { KubeObject } from '@keelson/contracts/kubernetes'
import { isObject } from '../schema/node.ts'

/** Field selectors of events.k8s.io/v1 and the fields of core/v1 that they mean. */
export const eventFields: Readonly<Record<string, string>> = {
  reportingController: 'reportingComponent',
  ...Object.fromEntries(
    ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'].map((name) => [
      `regarding.${name}`,
      `involvedObject.${name}`,
    ]),
  ),
}

/** core/v1 → events.k8s.io/v1. */
export function toEventsV1(object: KubeObject): KubeObject {
  const { involvedObject, message, source, firstTimestamp, lastTimestamp, count, reportingComponent, ...rest } = object
  return {
    ...rest,
    apiVersion: 'events.k8s.io/v1',
    eventTime: object.eventTime ?? null,
    ...(reportingComponent ? { reportingController: reportingComponent } : {}),
    regarding: isObject(involvedObject) ? involvedObject : {},
    ...(message === undefined ? {} : { note: message }),
    deprecatedSource: isObject(source) ? source : {},
    deprecatedFirstTimestamp: firstTimestamp ?? null,
    deprecatedLastTimestamp: lastTimestamp ?? null,
    ...(count ? { deprecatedCount: count } : {}),
  }
}

/** events.k8s.io/v1 → core/v1. */
export function fromEventsV1(object: KubeObject): KubeObject {
  const {
    regarding,
    note,
    deprecatedSource,
    deprecatedFirstTimestamp,
    deprecatedLastTimestamp,
    deprecatedCount,
    reportingController,
    ...rest
  } = object
  return {
    ...rest,
    apiVersion: 'v1',
    involvedObject: isObject(regarding) ? regarding : {},
    ...(note === undefined ? {} : { message: note }),
    source: isObject(deprecatedSource) ? deprecatedSource : {},
    firstTimestamp: deprecatedFirstTimestamp ?? null,
    lastTimestamp: deprecatedLastTimestamp ?? null,
    ...(deprecatedCount ? { count: deprecatedCount } : {}),
    ...(reportingController === undefined ? {} : { reportingComponent: reportingController }),
  }
}
