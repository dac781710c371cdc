package dev.gradine.arch;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.tree.MethodTree;
import com.sun.source.util.TreeScanner;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// What a reader meets most of the time is short: the middle method and file, and the longest of a hundred methods.
class TypicalSizesTest {

    /// Lengths in lines, in ascending order.
    record Lengths(List<Integer> sorted) {
        static Lengths of(List<Integer> lines) {
            List<Integer> all = new ArrayList<>(lines);
            Collections.sort(all);
            return new Lengths(all);
        }

        /// The smallest length that is not exceeded by `share` of them.
        int at(double share) {
            return sorted.get((int) Math.ceil(share * sorted.size()) - 1);
        }
    }

    @Test
    void the_median_method_has_at_most_6_lines_and_one_of_a_hundred_more_than_40() {
        List<Integer> lines = new ArrayList<>();
        Parser.parse(Repository.here().sources("main"))
                .forEach(file -> new MethodLengths(file, lines).scan(file.tree(), null));
        assertThat(lines).hasSizeGreaterThan(3000);
        assertThat(Lengths.of(lines).at(0.5)).isLessThanOrEqualTo(6);
        assertThat(Lengths.of(lines).at(0.99)).isLessThanOrEqualTo(40);
    }

    @Test
    void the_median_file_has_at_most_90_lines() {
        List<Integer> lines = Repository.here().sources("main").stream()
                .map(s -> s.lines().size())
                .toList();
        assertThat(Lengths.of(lines).at(0.5)).isLessThanOrEqualTo(90);
    }

    @Test
    void shares_are_counted_from_below() {
        Lengths lengths = Lengths.of(List.of(9, 1, 5, 3));
        assertThat(lengths.at(0.5)).isEqualTo(3);
        assertThat(lengths.at(0.51)).isEqualTo(5);
        assertThat(lengths.at(0.99)).isEqualTo(9);
    }

    @Test
    void a_method_counts_from_its_first_annotation_to_its_last_brace() {
        String text =
                "package a;\nclass B {\n  @Deprecated\n  void c() {\n    run();\n  }\n  int d() { return 1; }\n}\n";
        List<Integer> lines = new ArrayList<>();
        Parser.parse(List.of(new Source("a/src/main/java/B.java", text)))
                .forEach(file -> new MethodLengths(file, lines).scan(file.tree(), null));
        assertThat(lines).containsExactly(4, 1);
    }

    /// Collects the lengths of methods with a body, but for constructors that the compiler adds.
    private static final class MethodLengths extends TreeScanner<@Nullable Void, @Nullable Void> {

        private final Parser.Parsed file;
        private final List<Integer> lines;

        MethodLengths(Parser.Parsed file, List<Integer> lines) {
            this.file = file;
            this.lines = lines;
        }

        @Override
        public @Nullable Void visitMethod(MethodTree method, @Nullable Void none) {
            long start = file.positions().getStartPosition(file.tree(), method);
            long end = file.positions().getEndPosition(file.tree(), method);
            if (method.getBody() != null && end >= 0) lines.add((int) (file.line(end) - file.line(start) + 1));
            return super.visitMethod(method, null);
        }
    }
}
