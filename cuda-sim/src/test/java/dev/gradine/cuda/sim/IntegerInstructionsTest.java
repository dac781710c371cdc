package dev.gradine.cuda.sim;

import static dev.gradine.cuda.sim.Snippet.one;
import static dev.gradine.cuda.sim.Snippet.wide;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Integer instructions give what the language says, with results known by hand.
final class IntegerInstructionsTest {

    private static final int MIN = Integer.MIN_VALUE;

    @ParameterizedTest
    @CsvSource({
        "add.s32, 7, -9, -2",
        "add.u32, -1, 2, 1",
        "sub.s32, 7, 9, -2",
        "mul.lo.s32, 65536, 65537, 65536",
        "mul.hi.s32, -1, 1, -1",
        "mul.hi.u32, -1, 2, 1",
        "mul.hi.u32, -1, -1, -2",
        "min.s32, -1, 1, -1",
        "min.u32, -1, 1, 1",
        "max.s32, -1, 1, 1",
        "max.u32, -1, 1, -1",
        "and.b32, 12, 10, 8",
        "or.b32, 12, 10, 14",
        "xor.b32, 12, 10, 6",
        "div.s32, -7, 2, -3",
        "div.u32, -7, 2, 2147483644",
        "rem.s32, -7, 2, -1",
        "rem.u32, -7, 2, 1",
    })
    void two_sources_of_32_bits(String opcode, int a, int b, int expected) {
        assertThat(one(opcode + " %d, %a, %b;", a, b)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "add.s64, 4294967296, 4294967295, 8589934591",
        "sub.s64, 0, 1, -1",
        "mul.lo.s64, 4294967296, 4294967297, 4294967296",
        "mul.hi.s64, -1, 1, -1",
        "mul.hi.u64, -1, 2, 1",
        "min.u64, -1, 1, 1",
        "max.s64, -1, 1, 1",
        "xor.b64, -1, 1, -2",
        "div.u64, -1, 2, 9223372036854775807",
        "div.s64, -9, 2, -4",
        "rem.s64, -9, 2, -1",
    })
    void two_sources_of_64_bits(String opcode, long a, long b, long expected) {
        assertThat(wide(opcode + " %wd, %wa, %wb;", a, b)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({
        "shl.b32, 1, 31, -2147483648",
        "shl.b32, 1, 32, 0",
        "shl.b32, 1, 33, 0",
        "shr.u32, -1, 31, 1",
        "shr.u32, -1, 32, 0",
        "shr.s32, -8, 1, -4",
        "shr.s32, -8, 32, -1",
        "shr.s32, 8, 100, 0",
        "shr.u32, 8, -1, 0",
    })
    void shifts_clamp_where_java_wraps(String opcode, int a, int b, int expected) {
        assertThat(one(opcode + " %d, %a, %b;", a, b)).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource({"shl.b64, 1, 63, -9223372036854775808", "shl.b64, 1, 64, 0", "shr.u64, -1, 64, 0", "shr.s64, -1, 64, -1"
    })
    void shifts_of_64_bits_clamp_at_64(String opcode, long a, int b, long expected) {
        assertThat(wide(opcode + " %wd, %wa, %b;", a, b)).isEqualTo(expected);
    }

    @Test
    void wide_products_are_whole() {
        assertThat(wide("mul.wide.s32 %wd, %a, %b;", -1, 1L << 30)).isEqualTo(-(1L << 30));
        assertThat(wide("mul.wide.u32 %wd, %a, %b;", -1, -1)).isEqualTo(0xffff_fffe_0000_0001L);
        assertThat(wide("mad.wide.s32 %wd, %a, %b, %wc;", -2, 3, 100)).isEqualTo(94);
        assertThat(wide("mov.b64 %wd, %wc; mad.wide.u32 %wd, %a, %b, %wd;", 2, 3, 100))
                .isEqualTo(106);
        assertThat(one("mad.lo.s32 %d, %a, %b, %c;", 65536, 65537, 5)).isEqualTo(65541);
        assertThat(one("mov.b32 %d, %c; mad.hi.u32 %d, %a, %b, %d;", -1, 2, 5)).isEqualTo(6);
        assertThat(one("cvt.u16.u32 %h0, %a; cvt.u16.u32 %h1, %b; mul.wide.s16 %d, %h0, %h1;", -2, 300))
                .isEqualTo(-600);
    }

    @Test
    void sixteen_bits_wrap_and_keep_their_sign() {
        String load = "cvt.u16.u32 %h0, %a; cvt.u16.u32 %h1, %b;\n";
        assertThat(one(load + "add.s16 %h2, %h0, %h1; cvt.u32.u16 %d, %h2;", 0xffff, 2))
                .isEqualTo(1);
        assertThat(one(load + "shr.s16 %h2, %h0, 3; cvt.u32.u16 %d, %h2;", 0x8000))
                .isEqualTo(0xf000);
        assertThat(one(load + "shr.u16 %h2, %h0, 3; cvt.u32.u16 %d, %h2;", 0x8000))
                .isEqualTo(0x1000);
        assertThat(one(load + "shl.b16 %h2, %h0, 4; cvt.u32.u16 %d, %h2;", 0x1234))
                .isEqualTo(0x2340);
        assertThat(one(load + "min.s16 %h2, %h0, %h1; cvt.s32.s16 %d, %h2;", 0xffff, 1))
                .isEqualTo(-1);
        assertThat(one(load + "not.b16 %h2, %h0; cvt.u32.u16 %d, %h2;", 0x00ff)).isEqualTo(0xff00);
        assertThat(one(load + "setp.lt.s16 %p0, %h0, %h1; selp.b32 %d, 1, 0, %p0;", 0x8000, 1))
                .isEqualTo(1);
        assertThat(one(load + "setp.lt.u16 %p0, %h0, %h1; selp.b32 %d, 1, 0, %p0;", 0x8000, 1))
                .isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "bfind.u32, 0, -1",
        "bfind.u32, 1, 0",
        "bfind.u32, -1, 31",
        "bfind.s32, -1, -1",
        "bfind.s32, -5, 2",
        "bfind.shiftamt.u32, 1, 31",
        "clz.b32, 0, 32",
        "clz.b32, 1, 31",
        "popc.b32, -1, 32",
        "brev.b32, 1, -2147483648",
        "neg.s32, 5, -5",
        "abs.s32, -5, 5",
        "not.b32, 0, -1",
    })
    void one_source(String opcode, int a, int expected) {
        assertThat(one(opcode + " %d, %a;", a)).isEqualTo(expected);
    }

    @Test
    void fields_of_bits() {
        assertThat(one("bfe.u32 %d, %a, 8, 8;", 0x1234_5678)).isEqualTo(0x56);
        assertThat(one("bfe.s32 %d, %a, 8, 8;", 0x1234_f678)).isEqualTo(0xffff_fff6);
        assertThat(one("bfe.u32 %d, %a, 24, 16;", 0x1234_5678)).isEqualTo(0x12);
        assertThat(one("bfe.s32 %d, %a, 24, 16;", 0x8234_5678)).isEqualTo(0xffff_ff82);
        assertThat(one("bfe.u32 %d, %a, 4, 0;", -1)).isZero();
        assertThat(one("bfi.b32 %d, %a, %b, 4, 8;", 0xab, 0)).isEqualTo(0xab0);
        assertThat(one("bfi.b32 %d, %a, %b, 32, 8;", 0xab, 77)).isEqualTo(77);
        assertThat(one("bfi.b32 %d, %a, %b, 28, 8;", 0xab, 0)).isEqualTo(0xb000_0000);
        assertThat(wide("bfi.b64 %wd, %wa, %wb, 32, 32;", 0x1_2345L, 7)).isEqualTo(0x1_2345_0000_0007L);
    }

    @Test
    void bytes_are_permuted_and_signs_spread() {
        assertThat(one("prmt.b32 %d, %a, %b, 0x7531;", 0x3322_1100, 0x7766_5544))
                .isEqualTo(0x7755_3311);
        assertThat(one("prmt.b32 %d, %a, %b, 0x00f8;", 0x8000_0080, 0x8000_0000))
                .isEqualTo(0x8080_ffff);
        assertThat(one("prmt.b32 %d, %a, 0, 0x9b0a;", 0x8000_7f80)).isEqualTo(0x00ff_8000);
    }

    @Test
    void three_inputs_by_a_table() {
        int a = 0b1111_0000;
        int b = 0b1100_1100;
        int c = 0b1010_1010;
        for (int table = 0; table < 256; table++) {
            assertThat(one("lop3.b32 %d, %a, %b, %c, " + table + ";", a, b, c) & 255)
                    .isEqualTo(table);
        }
    }

    @Test
    void funnel_shifts_wrap_or_clamp() {
        assertThat(one("shf.l.wrap.b32 %d, %a, %b, 8;", 0xaabb_ccdd, 0x1122_3344))
                .isEqualTo(0x2233_44aa);
        assertThat(one("shf.r.wrap.b32 %d, %a, %b, 8;", 0xaabb_ccdd, 0x1122_3344))
                .isEqualTo(0x44aa_bbcc);
        assertThat(one("shf.r.wrap.b32 %d, %a, %b, 32;", 5, 6)).isEqualTo(5);
        assertThat(one("shf.r.clamp.b32 %d, %a, %b, 32;", 5, 6)).isEqualTo(6);
        assertThat(one("shf.l.clamp.b32 %d, %a, %b, 40;", 5, 6)).isEqualTo(5);
    }

    @Test
    void quotients_without_a_result_are_faults() {
        int line = Snippet.linesBefore() + 1;
        assertThatThrownBy(() -> one("div.s32 %d, %a, %b;", 1, 0))
                .isInstanceOf(Fault.class)
                .hasMessage("snippet.cu: snippet: PTX line " + line
                        + ", block (0, 0, 0), thread 0: div.s32 divides by 0, expected another divisor");
        assertThatThrownBy(() -> one("rem.u32 %d, %a, %b;", 1, 0)).hasMessageContaining("rem.u32 divides by 0");
        assertThatThrownBy(() -> one("div.s32 %d, %a, %b;", MIN, -1)).hasMessageContaining("least integer by -1");
        assertThatThrownBy(() -> wide("div.s64 %wd, %wa, %wb;", Long.MIN_VALUE, -1))
                .hasMessageContaining("least integer by -1");
    }

    @Test
    void comparisons_know_signs() {
        assertThat(one("setp.lt.s32 %p0, %a, %b; selp.b32 %d, 1, 0, %p0;", -1, 1))
                .isEqualTo(1);
        assertThat(one("setp.lt.u32 %p0, %a, %b; selp.b32 %d, 1, 0, %p0;", -1, 1))
                .isZero();
        assertThat(one("setp.ge.u64 %p0, %wa, %wb; selp.b32 %d, 1, 0, %p0;", -1, 1))
                .isEqualTo(1);
        assertThat(one("setp.gt.s64 %p0, %wa, %wb; selp.b32 %d, 1, 0, %p0;", -1, 1))
                .isZero();
        String both = "setp.eq.s32 %p0|%p1, %a, %b; selp.b32 %r0, 1, 0, %p0; selp.b32 %r1, 2, 0, %p1;"
                + " or.b32 %d, %r0, %r1;";
        assertThat(one(both, 3, 3)).isEqualTo(1);
        assertThat(one(both, 3, 4)).isEqualTo(2);
        String joined = "setp.ne.s32 %p0, %b, 0; setp.lt.and.s32 %p1, %a, 5, !%p0; selp.b32 %d, 1, 0, %p1;";
        assertThat(one(joined, 3, 0)).isEqualTo(1);
        assertThat(one(joined, 3, 1)).isZero();
    }

    @Test
    void predicates_have_their_own_logic() {
        String set = "setp.ne.s32 %p0, %a, 0; setp.ne.s32 %p1, %b, 0;\n";
        String get = "selp.b32 %d, 1, 0, %p2;";
        assertThat(one(set + "and.pred %p2, %p0, %p1;" + get, 1, 0)).isZero();
        assertThat(one(set + "or.pred %p2, %p0, %p1;" + get, 1, 0)).isEqualTo(1);
        assertThat(one(set + "xor.pred %p2, %p0, %p1;" + get, 1, 1)).isZero();
        assertThat(one(set + "not.pred %p2, %p0;" + get, 0, 0)).isEqualTo(1);
        assertThat(one("mov.pred %p2, 1;" + get)).isEqualTo(1);
        assertThat(one("mov.pred %p2, 0;" + get)).isZero();
    }

    @Test
    void parts_are_packed_and_unpacked_lowest_first() {
        assertThat(one("mov.b32 {%h0, %h1}, %a; mov.b32 %d, {%h1, %h0};", 0x1234_5678))
                .isEqualTo(0x5678_1234);
        assertThat(wide("mov.b64 {%r0, %r1}, %wa; mov.b64 %wd, {%r1, %r0};", 0x1L))
                .isEqualTo(1L << 32);
    }
}
