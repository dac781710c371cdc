package dev.gradine.data.encode;

/// What became of the rows of a data set.
///
/// @param rows read
/// @param leftOut because nothing to learn was left of them
/// @param broken whose prompt alone is tokenised otherwise than before the answer; their answer starts where the two
///     differ
/// @param cut those that lost tokens at the longest length
/// @param longest the longest of them, before it was cut
public record RowCounts(int rows, int leftOut, int broken, Cut cut, Longest longest) {

    /// Rows that lost tokens.
    ///
    /// @param rows how many, those left out included
    /// @param tokens how many tokens they lost
    /// @param answers how many rows lost tokens of an answer
    public record Cut(int rows, long tokens, int answers) {}

    /// The longest row.
    ///
    /// @param tokens of its longest sequence
    /// @param row its number in the file
    public record Longest(int tokens, int row) {}

    /// Of no rows.
    public static final RowCounts NONE = new RowCounts(0, 0, 0, new Cut(0, 0, 0), new Longest(0, 0));

    /// These and one more.
    ///
    /// @param number of the row in its file
    public RowCounts and(int number, RowSize size, boolean isLeftOut) {
        return new RowCounts(
                rows + 1,
                leftOut + (isLeftOut ? 1 : 0),
                broken + (size.broken() ? 1 : 0),
                new Cut(
                        cut.rows + (size.cut() > 0 ? 1 : 0),
                        cut.tokens + size.cut(),
                        cut.answers + (size.cutAnswer() ? 1 : 0)),
                size.longest() > longest.tokens ? new Longest(size.longest(), number) : longest);
    }
}
