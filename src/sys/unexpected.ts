/** Hears what nobody caught, a bug, until disposed of; without this it would end the process on the spot. */
export function onUnexpected(hear: (error: unknown) => void): Disposable {
  process.on('unhandledRejection', hear).on('uncaughtException', hear);
  return {
    [Symbol.dispose]() {
      process.off('unhandledRejection', hear).off('uncaughtException', hear);
    },
  };
}
