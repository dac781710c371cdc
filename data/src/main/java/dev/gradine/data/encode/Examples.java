package dev.gradine.data.encode;

import dev.gradine.data.DataSet;
import dev.gradine.data.MadeList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/// The examples of a data set while its rows are encoded one after the other.
///
/// @param <E> an example
sealed interface Examples<E> {

    /// Takes in those of row `row`.
    void add(int row, List<E> examples);

    /// All so far, in the order of their rows.
    List<E> all();

    /// In memory.
    record Held<E>(List<E> all) implements Examples<E> {
        Held() {
            this(new ArrayList<>());
        }

        @Override
        public void add(int row, List<E> examples) {
            all.addAll(examples);
        }
    }

    /// Made again from their rows when they are asked for: memory holds eight bytes for each.
    final class Made<E> implements Examples<E> {
        private final Encoder<E> encoder;
        private final DataSet data;
        private int[] rows = new int[1024];
        private int[] within = new int[1024]; // which of the examples of its row
        private int count;

        Made(Encoder<E> encoder, DataSet data) {
            this.encoder = encoder;
            this.data = data;
        }

        @Override
        public void add(int row, List<E> examples) {
            for (int i = 0; i < examples.size(); i++) {
                if (count == rows.length) {
                    rows = Arrays.copyOf(rows, 2 * count);
                    within = Arrays.copyOf(within, 2 * count);
                }
                rows[count] = row;
                within[count++] = i;
            }
        }

        @Override
        public List<E> all() {
            return MadeList.of(
                    count,
                    i -> encoder.make(data.rows().get(rows[i])).examples().get(within[i]));
        }
    }
}
