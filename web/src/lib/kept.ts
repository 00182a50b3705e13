/** What is kept for this tab alone, and survives a reload: values of `sessionStorage`, as JSON. */
export const kept = {
  read<T>(name: string, otherwise: T): T {
    try {
      return JSON.parse(sessionStorage.getItem(name) ?? "null") ?? otherwise;
    } catch {
      return otherwise;
    }
  },

  /** Where there is no room, the page goes on without. */
  write(name: string, value: unknown): void {
    try {
      sessionStorage.setItem(name, JSON.stringify(value));
    } catch {
      sessionStorage.removeItem(name);
    }
  },

  remove(name: string): void {
    sessionStorage.removeItem(name);
  },

  /** Forgets everything. */
  clear(): void {
    sessionStorage.clear();
  },
};
