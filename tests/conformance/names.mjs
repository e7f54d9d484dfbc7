/** Each number between dots becomes a star, so that the layers of a model share their names. */
export const starred = name => name.replace(/(?<=\.)\d+(?=\.)/g, '*');
