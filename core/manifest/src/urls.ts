import type { Context } from './context.js'
import type { Path } from './tree.js'

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/

export const isLoopback = (hostname: string): boolean => LOOPBACK.test(hostname)

/**
 * A URL in its one spelling, without a trailing slash; `origin` refuses a path as well.
 * Tokens and proofs travel over it, so plain http is for loopback only.
 */
export function checkUrl(context: Context, value: string, path: Path): string {
  let url: URL
  try {
    url = new URL(value)
  } catch {
    context.report(path, 'url.form', 'this is not a URL', 'write one such as https://api.example.com')
    return value
  }
  if (url.username !== '' || url.password !== '') context.report(path, 'url.userinfo', 'a URL here has no user name or password', 'remove what stands before @')
  else if (url.search !== '' || url.hash !== '' || /[?#]/.test(value))
    context.report(path, 'url.query', 'a URL here has no query and no fragment', `write ${url.origin}${url.pathname}`)
  else if (url.hostname.endsWith('.') || (url.href !== value && url.href !== `${value}/`)) {
    const canonical = url.href.replace(url.host, url.host.replace(/\.(?=$|:)/, ''))
    context.report(path, 'url.spelling', 'this is not the canonical spelling of the URL', `write ${canonical.replace(/\/$/, '')}`)
  } else if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    context.report(path, 'url.plain', 'plain http is for loopback only: tokens and proofs travel here', `write https://${url.host}`)
  }
  return value.replace(/\/$/, '')
}

/** `host:port` of a URL as it stands in Host: without the default port. */
export const authorityOf = (url: string): string => (URL.canParse(url) ? new URL(url).host : '')
