const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Whether PostgreSQL takes the text for an id; others would fail the statement they are in. */
export const isUuid = (text: string): boolean => UUID.test(text);
