import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import type { ConnectRequest, DEVICE_ROUTES, DisconnectRequest } from '../../../api/devices.ts';
import { DEVICE_PATHS } from '../../../api/paths.ts';
import { askerOf } from '../ask.ts';

/** The service and the manager are asked alike about the devices of their machines. */
export const { ask } = askerOf<typeof DEVICE_ROUTES>(DEVICE_PATHS);

export function useDevices(vm: string, isWanted: boolean) {
  const queryFn = ({ signal }: { signal: AbortSignal }) => ask('devices', { vm, signal });
  return useQuery({ queryKey: ['devices', vm], queryFn, enabled: isWanted });
}

/** What of the computer may be connected as a printer. */
export function useQueues() {
  return useQuery({ queryKey: ['queues'], queryFn: ({ signal }) => ask('queues', { signal }) });
}

export function useConnectDevice() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ vm, ...body }: ConnectRequest & { vm: string }) => ask('connectDevice', { vm, body }),
    onSuccess: (answer) => queries.setQueryData(['devices', answer.vm], answer),
  });
}

export function useDisconnectDevice() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ vm, ...body }: DisconnectRequest & { vm: string }) => ask('disconnectDevice', { vm, body }),
    onSuccess: (answer) => queries.setQueryData(['devices', answer.vm], answer),
  });
}
