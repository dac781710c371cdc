package dev.gradine.data.encode;

import dev.gradine.data.DataException;
import dev.gradine.data.DataSet;
import dev.gradine.data.Row;
import dev.gradine.data.jinja.TemplateException;
import java.util.List;
import java.util.function.IntConsumer;

/// Makes examples of the rows of a data set.
///
/// @param <E> an example
public interface Encoder<E> {

    /// What becomes of one row.
    ///
    /// @param examples one, or none if nothing to learn is left within the longest length
    /// @param size of the row
    record Made<E>(List<E> examples, RowSize size) {

        static <E> Made<E> of(E example, RowSize size) {
            return new Made<>(List.of(example), size);
        }

        static <E> Made<E> nothing(RowSize size) {
            return new Made<>(List.of(), size);
        }
    }

    /// The examples of one row.
    ///
    /// @throws DataException if the row is of another kind
    /// @throws TemplateException if the chat template refuses the row
    Made<E> make(Row row);

    /// Why a row is left out, such as `no room for an answer`.
    String leftOut();

    /// Tokens of the longest example.
    int maxLength();

    /// All rows of a set that have something to learn.
    ///
    /// @throws DataException naming file and row, if a row cannot be used or none is left
    default Encoded<E> encode(DataSet data) {
        return encode(data, _ -> {});
    }

    /// The same. Of a set that is too large for memory, every row is encoded once to be counted, and again whenever an
    /// example of it is asked for.
    ///
    /// @param done is told how many rows are encoded, after each
    default Encoded<E> encode(DataSet data, IntConsumer done) {
        Examples<E> examples = data.isLarge() ? new Examples.Made<>(this, data) : new Examples.Held<>();
        RowCounts counts = RowCounts.NONE;
        for (int i = 0; i < data.size(); i++) {
            Made<E> made = make(data, i);
            examples.add(i, made.examples());
            counts = counts.and(
                    data.numbers().get(i), made.size(), made.examples().isEmpty());
            done.accept(i + 1);
        }
        if (examples.all().isEmpty()) {
            throw new DataException("%s: %s within %d tokens in any of %d rows"
                    .formatted(data.name(), leftOut(), maxLength(), data.size()));
        }
        return new Encoded<>(examples.all(), counts);
    }

    /// The examples of row `i` of a set.
    ///
    /// @throws DataException naming file and row, if it cannot be used
    private Made<E> make(DataSet data, int i) {
        try {
            return make(data.rows().get(i));
        } catch (DataException | TemplateException e) {
            String place = data.name() + ": row " + data.numbers().get(i);
            throw new DataException(place + ": " + e.getMessage(), e);
        }
    }
}
