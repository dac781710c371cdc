package dev.gradine.data.encode;

import dev.gradine.data.DataException;
import dev.gradine.data.DataSet;
import dev.gradine.data.Row;
import dev.gradine.data.jinja.TemplateException;
import java.util.ArrayList;
import java.util.List;

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
        List<E> examples = new ArrayList<>();
        RowCounts counts = RowCounts.NONE;
        for (int i = 0; i < data.size(); i++) {
            try {
                Made<E> made = make(data.rows().get(i));
                examples.addAll(made.examples());
                counts = counts.and(
                        data.numbers().get(i), made.size(), made.examples().isEmpty());
            } catch (DataException | TemplateException e) {
                String place = data.name() + ": row " + data.numbers().get(i);
                throw new DataException(place + ": " + e.getMessage(), e);
            }
        }
        if (examples.isEmpty()) {
            throw new DataException("%s: %s within %d tokens in any of %d rows"
                    .formatted(data.name(), leftOut(), maxLength(), data.size()));
        }
        return new Encoded<>(examples, counts);
    }
}
