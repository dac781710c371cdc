/// Files of rows: each [RowKind] gives its rows as JSON values, one after the other, and [RowFile]
/// hands them out in order or by number. What a row means belongs in `data`.
@NullMarked
package dev.gradine.data.file;

import org.jspecify.annotations.NullMarked;
