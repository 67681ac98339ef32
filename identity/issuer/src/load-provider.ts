import type * as OidcProvider from 'oidc-provider'

const NOTICE = 'oidc-provider WARNING: Unsupported runtime.'

/**
 * Loads oidc-provider. It warns while it is imported on a Node older than 22; the exact version pinned here was read and is tested on Node 20,
 * so this one notice is kept off the caller's console. Everything else that is said meanwhile passes.
 */
export async function loadProvider(): Promise<typeof OidcProvider> {
  const { warn } = console
  const filtered = (...parts: unknown[]) => {
    if (!String(parts[0]).includes(NOTICE)) warn(...parts)
  }
  console.warn = filtered
  try {
    return await import('oidc-provider')
  } finally {
    if (console.warn === filtered) console.warn = warn
  }
}
