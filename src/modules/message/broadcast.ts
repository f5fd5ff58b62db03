/** What clients are shown of a message, and the checks of what they send. */
import type { PlaceOrNone } from '../stream-place.ts';
import { isVisible } from '../../lib/text/readable-text.ts';
import { parseText, refuseInput } from '../../schema/input.ts';
import type { MessageState } from './events.ts';

/** What the fields of MessageBroadcast are taken from. */
export type MessageBroadcastValue = MessageState & PlaceOrNone;

export function broadcastOf(message: MessageState, place: PlaceOrNone): MessageBroadcastValue {
  return { ...message, ...place };
}

const channelPattern = /^[A-Za-z0-9._:-]{1,64}$/;
const maxMessageLength = 4_000;

/** @throws BAD_USER_INPUT unless it may be the name of a channel */
export function parseChannel(channel: string): string {
  if (!channelPattern.test(channel))
    refuseInput('channel', 'must be 1 to 64 letters, digits, ".", "_", ":" or "-"');
  return channel;
}

/** @throws BAD_USER_INPUT when there is nothing to read in it, or too much */
export function parseMessage(message: string): string {
  if (!isVisible(message)) refuseInput('message', 'must not be empty, nor of invisible characters alone');
  return parseText('message', message, maxMessageLength);
}
