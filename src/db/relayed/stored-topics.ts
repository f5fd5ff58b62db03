/** The topics of an event, as its row has them. */
import { z } from 'zod';

const topicKeys = z.array(z.string());

/** Throws where it is no list of texts in JSON. */
export const parseTopics = (text: string): string[] => topicKeys.parse(JSON.parse(text));
