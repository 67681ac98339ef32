import { routePattern } from '@everyhop/chain'

/** Whether a route pattern of the manifest holds the path of a target. */
export const covers = (pattern: string, target: string): boolean => routePattern(pattern)(target.split('?')[0]!)
