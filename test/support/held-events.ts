/** Stands between a page and the service, and holds back what streams show while it is told to: a viewer who knows less than others. */
import type { Page } from 'playwright-core';

export interface HeldEvents {
  readonly prepare: (page: Page) => Promise<void>;
  /** From now on no event of a stream of dispatches reaches the page. */
  hold(): void;
  /** Hands over what was held back, in order, and whatever comes. */
  release(): void;
}

const isEvent = (message: string) => /"type":"next".*"dispatch(es)?Updated":/.test(message);

export function createHeldEvents(): HeldEvents {
  let isHeld = false;
  const held: (() => void)[] = [];
  return {
    async prepare(page) {
      await page.routeWebSocket(/\/graphql$/, (toPage) => {
        const toService = toPage.connectToServer();
        toService.onMessage((message) => {
          const send = () => toPage.send(message);
          if (isHeld && isEvent(message.toString())) held.push(send);
          else send();
        });
      });
    },
    hold() {
      isHeld = true;
    },
    release() {
      isHeld = false;
      for (const send of held.splice(0)) send();
    },
  };
}
