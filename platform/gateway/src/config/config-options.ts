/** What the manifest cannot know of the machine on which a gateway runs. */
export type ConfigOptions = {
  /** Path of the decision service's unix socket. */
  readonly socket: string
  /** PEM files of the server's certificate, with its chain, and key. */
  readonly certificate: string
  readonly certificateKey: string
  /** PEM file of the CAs that client certificates come from; needed where a route takes certificate-bound tokens. */
  readonly clientCa?: string
  /** `443`, `127.0.0.1:8443`; default 443. */
  readonly listen?: string
  /** Where each next hop is reached, `host:port` or `https://host:port`, by hop id; default its ingress or authority. */
  readonly upstreams?: Readonly<Record<string, string>>
  /** PEM file of the CAs of next hops that are reached over https. */
  readonly upstreamCa?: string
  /** Directory in which the files will lie, where one names another; default the product's own, as `/etc/haproxy`. */
  readonly home?: string
  /** Directory for a configuration of its own process (pid, logs, temporary files); absent for a file to include in one that is there. */
  readonly standalone?: { readonly dir: string }
}

/** One file of a configuration: the first is the main one, others are named in it. */
export type ConfigFile = { readonly name: string; readonly text: string }
