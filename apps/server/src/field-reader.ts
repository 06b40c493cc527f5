/** Reads typed values from a JSON object and collects what is wrong, field by field. */
export class FieldReader {
  constructor(
    private readonly values: Readonly<Record<string, unknown>>,
    private readonly path: string,
    readonly errors: { field: string; message: string }[],
  ) {}

  private fail(name: string, message: string): void {
    this.errors.push({ field: this.path + name, message });
  }

  private get(name: string): unknown {
    const value = this.values[name];
    return value === null ? undefined : value;
  }

  number(name: string, fallback: number, min: number, max: number, integer = false): number {
    const value = this.get(name) ?? fallback;
    if (typeof value === 'number' && value >= min && value <= max && (!integer || Number.isInteger(value))) {
      return value;
    }
    this.fail(name, `must be ${integer ? 'a whole number' : 'a number'} from ${min} to ${max}`);
    return fallback;
  }

  integer(name: string, fallback: number, min: number, max: number): number {
    return this.number(name, fallback, min, max, true);
  }

  optionalNumber(name: string, min: number, max: number): number | undefined {
    return this.get(name) === undefined ? undefined : this.number(name, min, min, max);
  }

  optionalInteger(name: string, min: number, max: number): number | undefined {
    return this.get(name) === undefined ? undefined : this.integer(name, min, min, max);
  }

  boolean(name: string, fallback: boolean): boolean {
    const value = this.get(name) ?? fallback;
    if (typeof value === 'boolean') return value;
    this.fail(name, 'must be true or false');
    return fallback;
  }

  text(name: string): string | undefined {
    const value = this.get(name);
    if (value === undefined || (typeof value === 'string' && value.length > 0 && value.length <= 1024)) {
      return value as string | undefined;
    }
    this.fail(name, 'must be a text');
    return undefined;
  }

  choice<T extends string>(name: string, choices: readonly T[], fallback: T): T {
    return this.optionalChoice(name, choices) ?? fallback;
  }

  optionalChoice<T extends string>(name: string, choices: readonly T[]): T | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    const known = choices.find((choice) => choice === value);
    if (known === undefined) this.fail(name, `must be one of ${choices.join(', ')}`);
    return known;
  }

  list(name: string): readonly string[] | undefined {
    const value = this.get(name);
    if (value === undefined) return undefined;
    if (Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'string'))
      return value;
    this.fail(name, 'must be a list of at least one text');
    return undefined;
  }

  /** A text, or a list of texts; an absent one is empty. */
  texts(name: string): readonly string[] {
    if (Array.isArray(this.get(name))) return this.list(name) ?? [];
    const value = this.text(name);
    return value === undefined ? [] : [value];
  }

  /** Whether the value is an object, for fields that may also be something simpler. */
  isObject(name: string): boolean {
    const value = this.get(name);
    return typeof value === 'object' && !Array.isArray(value);
  }

  isText(name: string): boolean {
    return typeof this.get(name) === 'string';
  }

  /** Whether a value was given. */
  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** A list of objects; an absent one is empty. */
  objects(name: string, most: number): readonly FieldReader[] {
    const value = this.get(name) ?? [];
    if (!Array.isArray(value) || value.length > most) {
      this.fail(name, `must be a list of at most ${most} objects`);
      return [];
    }
    return value.map((item: unknown, i) => {
      const ok = typeof item === 'object' && item !== null && !Array.isArray(item);
      if (!ok) this.fail(`${name}[${i}]`, 'must be an object');
      return new FieldReader(
        ok ? (item as Record<string, unknown>) : {},
        `${this.path}${name}[${i}].`,
        this.errors,
      );
    });
  }

  /** A nested object; an absent one reads as empty. */
  object(name: string): FieldReader {
    const value = this.get(name) ?? {};
    const ok = typeof value === 'object' && !Array.isArray(value);
    if (!ok) this.fail(name, 'must be an object');
    return new FieldReader(ok ? (value as Record<string, unknown>) : {}, `${this.path}${name}.`, this.errors);
  }

  /** Refuses names that no one would read: a misspelt option must not be silently without effect. */
  only(names: readonly string[]): void {
    for (const name of Object.keys(this.values)) {
      if (!names.includes(name)) this.fail(name, `unknown; known: ${names.join(', ')}`);
    }
  }

  refuse(name: string, message: string): void {
    this.fail(name, message);
  }
}
