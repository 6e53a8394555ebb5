/** At most so many lines at once: there are as many colours with a dash of their own. */
export const MAX_TRENDS = 6;
