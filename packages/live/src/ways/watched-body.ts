/** The bytes of an event stream, which breaks where nothing has come for too long. */

interface BodyOptions {
  readonly silentMs: number;
  readonly onSign: () => void;
  readonly onEnd: () => void;
}

export function watchedBody(
  body: ReadableStream<Uint8Array>,
  { silentMs, onSign, onEnd }: BodyOptions,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream({
    async pull(controller) {
      const timer = setTimeout(() => {
        controller.error(new Error(`Nothing has come for ${silentMs} ms.`));
        void reader.cancel().catch(() => undefined);
      }, silentMs);
      try {
        const { done, value } = await reader.read();
        onSign();
        if (!done) return controller.enqueue(value);
        onEnd();
        controller.close();
      } catch (error) {
        onEnd();
        controller.error(error);
      } finally {
        clearTimeout(timer);
      }
    },
    cancel(reason) {
      onEnd();
      return reader.cancel(reason);
    },
  });
}
