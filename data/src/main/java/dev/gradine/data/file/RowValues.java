package dev.gradine.data.file;

import java.io.Closeable;
import java.io.IOException;
import tools.jackson.databind.JsonNode;

/// The rows of a file as JSON values, one after the other.
interface RowValues extends Closeable {

    /// Goes to the next row, or says that there is none.
    ///
    /// @throws dev.gradine.data.DataException without the row's place, if it cannot be read
    boolean next() throws IOException;

    /// The place of the row that was gone to last, readable or not: `row 3`, from 1.
    String where();

    /// The row that was gone to last.
    ///
    /// @throws dev.gradine.data.DataException without the row's place, if it is not what it must be
    JsonNode value();

    /// Rows that are pieces of the file's text, and can be read again by their places.
    interface Texts extends RowValues {

        /// Bytes of the stream before the present row.
        long begin();

        /// Bytes of the stream up to the end of the present row.
        long end();

        /// The row that a text holds; what follows it is blank.
        JsonNode value(String text);
    }
}
