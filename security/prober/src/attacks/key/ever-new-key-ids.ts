import { attack } from '../../attack.js'

/**
 * A stranger sends tokens that name keys which the issuer does not have, another one each time.
 * A server that asks the issuer for its keys again for each of them can be kept busy, or fails instead of refusing.
 */
export const everNewKeyIds = attack({
  kind: 'scripted',
  id: 'KEY-09',
  title: 'Tokens with unknown key ids bring the application down',
  control: 'POP-AP-01',
  layer: 'application',
  spec: ['RFC8725§3.10'],
  prod: 'P1',
  needs: ['dpop'],
  // Scripted, since it is the answers to several tokens that are judged.
  run: async ({ honest, kit, send }) => {
    for (let count = 0; count < TIMES; count++) {
      const token = kit.forgeToken({}, { kid: kit.random() })
      const forged = { ...honest(), authorization: [`DPoP ${token}`] }
      const answer = await send({ ...forged, dpop: [kit.owner(forged)] })
      if (answer.accepted) return { outcome: 'breached', reason: 'a token signed with an unknown key was let in' }
      if (answer.failed !== undefined || answer.status >= 500)
        return { outcome: 'breached', reason: `an unknown key id got ${answer.failed ?? answer.status} in place of a refusal` }
    }
    return { outcome: 'held', reason: `${TIMES} unknown key ids were refused` }
  },
})

/** Few enough for production. */
const TIMES = 5
