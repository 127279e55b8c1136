declare module "virtual:words" {
  export const en: Record<string, string>;
  export const fr: Record<string, string>;
}

declare module "virtual:widget-words" {
  export const en: Record<string, string>;
  export const fr: Record<string, string>;
}
