/** The ports that the exception `printers` opens, for explanation and filter alike: LPD, IPP, raw; SNMP. */
export const PRINTING_PORTS = { tcp: [515, 631, 9100], udp: [161] } as const;
