package dev.gradine.cuda.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class DescriptorTest {

    @ParameterizedTest
    @CsvSource({
        " 16, false, 0x0400, 0x900, 0x080",
        " 16, false, 0x0010, 0x080, 0x100",
        " 32, false, 0x1000, 0x010, 0x100",
        " 64, false, 0x0200, 0x010, 0x400",
        "128, false, 0x2000, 0x010, 0x400",
        "128, false, 0x2020, 0x010, 0x800",
        "128, false, 0x2060, 0x010, 0x400",
        " 16, true,  0x0400, 0x900, 0x080",
        " 32, true,  0x1000, 0x400, 0x100",
        " 64, true,  0x0200, 0x400, 0x200",
        "128, true,  0x2000, 0x800, 0x400",
        "128, true,  0x2000, 0x400, 0x1000"
    })
    void every_value_lies_where_the_canonical_layout_says(
            int width, boolean isRowFirst, String start, String leading, String stride) {
        Canonical c = new Canonical(
                width, isRowFirst, Integer.decode(start), Integer.decode(leading), Integer.decode(stride));
        Descriptor d = Descriptor.of(c.descriptor());
        int[] found = new int[256 * 16];
        int[] expected = new int[found.length];
        for (int i = 0; i < found.length; i++) {
            int row = i / 16;
            int k = i % 16;
            int along = isRowFirst ? row % 8 : k % 8;
            found[i] = 2 * along + d.piece(isRowFirst ? row - along : row, isRowFirst ? k : k - along, isRowFirst);
            expected[i] = c.address(row, k);
        }
        assertThat(found).containsExactly(expected);
    }

    /// PTX ISA 9.1, tables of the swizzling modes: pieces of 16 bytes in rows of 128.
    @Test
    void addresses_are_permuted_as_the_tables_show() {
        int[][] pieces = {{7, 6, 5, 4, 3, 2, 1, 0}, {3, 2, 1, 0, 7, 6, 5, 4}, {1, 0, 3, 2, 5, 4, 7, 6}};
        int[] widths = {128, 64, 32};
        for (int i = 0; i < 3; i++) {
            for (int p = 0; p < 8; p++) {
                int address = 7 * 128 + 16 * p + 5;
                assertThat(Descriptor.permuted(address, widths[i])).isEqualTo(7 * 128 + 16 * pieces[i][p] + 5);
                assertThat(Descriptor.permuted(1024 + 16 * p, widths[i])).isEqualTo(1024 + 16 * p);
            }
        }
    }

    @Test
    void a_pattern_begins_where_its_mode_wants_it() {
        assertThatThrownBy(() -> Descriptor.of(new Canonical(128, false, 0x480, 16, 1024).descriptor()))
                .hasMessage("start is 0x480, expected an address in the first 128 bytes of each 1024, where a pattern"
                        + " begins");
        assertThatThrownBy(() -> Descriptor.of(new Canonical(64, false, 0x140, 16, 512).descriptor()))
                .hasMessage("start is 0x140, expected an address in the first 64 bytes of each 512, where a pattern"
                        + " begins");
        long based = new Canonical(32, true, 0x100, 512, 256).descriptor() | (3L << 49);
        assertThatThrownBy(() -> Descriptor.of(based))
                .hasMessage("base offset is 3, expected 0 (patterns begin at multiples of 256 bytes)");
    }
}
