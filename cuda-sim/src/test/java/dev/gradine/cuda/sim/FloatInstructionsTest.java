package dev.gradine.cuda.sim;

import static dev.gradine.cuda.sim.Snippet.bits;
import static dev.gradine.cuda.sim.Snippet.one;
import static dev.gradine.cuda.sim.Snippet.single;
import static dev.gradine.cuda.sim.Snippet.wide;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Instructions on floats, where they differ from Java's.
final class FloatInstructionsTest {

    private static final float TINY = 1e-40f;
    private static final float NAN = Float.NaN;

    @ParameterizedTest
    @CsvSource({
        "add.f32, 1.5, 2.25, 3.75",
        "sub.rn.f32, 1.5, 2.25, -0.75",
        "mul.f32, 1.5, 2, 3",
        "div.rn.f32, 1, 4, 0.25",
        "min.f32, -1, 2, -1",
        "max.f32, -1, 2, 2",
        "add.sat.f32, 0.75, 0.75, 1",
        "add.rz.f32, 1, 1e-20, 1",
        "add.rp.f32, 1, 1e-20, 1.0000001",
        "copysign.f32, -1, 3, -3",
    })
    void two_sources(String opcode, float a, float b, float expected) {
        assertThat(single(opcode + " %f0, %f1, %f2;", a, b)).isEqualTo(expected);
    }

    @Test
    void a_fused_product_rounds_once() {
        float a = 1 + 0x1p-12f;
        assertThat(single("fma.rn.f32 %f0, %f1, %f2, %f3;", a, a, -1)).isEqualTo(0x1p-11f + 0x1p-24f);
        assertThat(single("fma.rm.f32 %f0, %f1, %f2, %f3;", 1, 1, -0x1p-40f)).isEqualTo(Math.nextDown(1f));
        assertThat(single("mad.rn.f32 %f0, %f1, %f2, %f3;", 2, 3, 4)).isEqualTo(10);
    }

    @Test
    void flushing_keeps_the_sign_and_touches_sources_and_result() {
        assertThat(bits(Options.defaults(), "mul.ftz.f32 %f0, %f1, %f2;", -TINY, 1e20f))
                .isEqualTo(0x8000_0000);
        assertThat(bits(Options.defaults(), "mul.ftz.f32 %f0, %f1, %f2;", -1e-20f, 1e-20f))
                .isEqualTo(0x8000_0000);
        assertThat(single("mul.f32 %f0, %f1, %f2;", TINY, 1)).isEqualTo(TINY);
        assertThat(single("neg.ftz.f32 %f0, %f1;", 1f)).isEqualTo(-1f);
        assertThat(one("setp.eq.ftz.f32 %p0, %a, 0f00000000; selp.b32 %d, 1, 0, %p0;", 1))
                .isEqualTo(1);
    }

    @Test
    void a_minimum_prefers_numbers_and_knows_the_sign_of_zero() {
        assertThat(single("min.f32 %f0, %f1, %f2;", NAN, 3)).isEqualTo(3);
        assertThat(single("max.f32 %f0, %f1, %f2;", 3, NAN)).isEqualTo(3);
        assertThat(bits(Options.defaults(), "max.f32 %f0, %f1, %f2;", -0f, 0f)).isZero();
        assertThat(bits(Options.defaults(), "min.f32 %f0, %f1, %f2;", 0f, -0f)).isEqualTo(0x8000_0000);
        assertThat(bits(Options.defaults(), "min.f32 %f0, %f1, %f2;", NAN, NAN)).isEqualTo(0x7fff_ffff);
        assertThat(bits(Options.defaults(), "max.NaN.f32 %f0, %f1, %f2;", NAN, 1))
                .isEqualTo(0x7fff_ffff);
        assertThat(bits(Options.defaults(), "add.f32 %f0, %f1, %f2;", Float.intBitsToFloat(0xffc0_0001), 1))
                .isEqualTo(0x7fff_ffff);
    }

    @Test
    void comparisons_with_nan_are_ordered_or_not() {
        String test = "setp.%s.f32 %%p0, %%a, %%b; selp.b32 %%d, 1, 0, %%p0;";
        int nan = Float.floatToRawIntBits(NAN);
        int number = Float.floatToRawIntBits(1);
        for (String ordered : new String[] {"eq", "ne", "lt", "le", "gt", "ge", "num"}) {
            assertThat(one(test.formatted(ordered), nan, number)).as(ordered).isZero();
        }
        for (String unordered : new String[] {"equ", "neu", "ltu", "leu", "gtu", "geu", "nan"}) {
            assertThat(one(test.formatted(unordered), nan, number))
                    .as(unordered)
                    .isEqualTo(1);
        }
        assertThat(one(test.formatted("num"), number, number)).isEqualTo(1);
    }

    @Test
    void approximations_are_exact_or_off_by_what_is_allowed() {
        Options exact = Options.defaults();
        String ex2 = "ex2.approx.ftz.f32 %f0, %f1;";
        assertThat(bits(exact, ex2, 3f)).isEqualTo(Float.floatToRawIntBits(8f));
        float x = 0.3f;
        int nearest = bits(exact, ex2, x);
        assertThat(bits(exact.with(Approximation.ABOVE), ex2, x) - nearest).isBetween(1, 2);
        assertThat(bits(exact.with(Approximation.BELOW), ex2, x) - nearest).isBetween(-2, -1);
        assertThat(single("lg2.approx.f32 %f0, %f1;", 8f)).isEqualTo(3f);
        assertThat(single("rcp.approx.ftz.f32 %f0, %f1;", 4f)).isEqualTo(0.25f);
        assertThat(single("rsqrt.approx.f32 %f0, %f1;", 4f)).isEqualTo(0.5f);
        assertThat(single("sqrt.approx.f32 %f0, %f1;", 9f)).isEqualTo(3f);
        assertThat(single("div.approx.f32 %f0, %f1, %f2;", 1f, 0x1p127f)).isZero();
        assertThat(single("div.full.f32 %f0, %f1, %f2;", 3f, 2f)).isEqualTo(1.5f);
        assertThat(single("cos.approx.f32 %f0, %f1;", 0f)).isEqualTo(1f);
        assertThat(single("tanh.approx.f32 %f0, %f1;", 0f)).isZero();
        assertThat(single("sqrt.rn.f32 %f0, %f1;", 2f)).isEqualTo((float) Math.sqrt(2));
        assertThat(single("rcp.rn.f32 %f0, %f1;", 3f)).isEqualTo(1f / 3);
    }

    @Test
    void doubles_compute_in_64_bits() {
        String load = "mov.b64 %g1, %wa; mov.b64 %g2, %wb;\n";
        long three = Double.doubleToRawLongBits(3);
        long two = Double.doubleToRawLongBits(2);
        assertThat(wide(load + "div.rn.f64 %g0, %g1, %g2; mov.b64 %wd, %g0;", three, two))
                .isEqualTo(Double.doubleToRawLongBits(1.5));
        assertThat(wide(load + "fma.rn.f64 %g0, %g1, %g2, 0d3FF0000000000000; mov.b64 %wd, %g0;", three, two))
                .isEqualTo(Double.doubleToRawLongBits(7));
        assertThat(one(load + "setp.gt.f64 %p0, %g1, %g2; selp.b32 %d, 1, 0, %p0;", three, two))
                .isEqualTo(1);
    }

    @Test
    void pairs_of_bf16_are_two_numbers() {
        int oneTwo = 0x4000_3f80; // upper 2, lower 1
        assertThat(one("fma.rn.bf16x2 %d, %a, %a, %b;", oneTwo, 0)).isEqualTo(0x4080_3f80);
        assertThat(one("max.bf16x2 %d, %a, %b;", oneTwo, 0x3f80_4000)).isEqualTo(0x4000_4000);
    }

    @ParameterizedTest
    @CsvSource({
        "cvt.rzi.s32.f32, 2.9, 2",
        "cvt.rzi.s32.f32, -2.9, -2",
        "cvt.rni.s32.f32, 2.5, 2",
        "cvt.rmi.s32.f32, -2.1, -3",
        "cvt.rpi.s32.f32, 2.1, 3",
        "cvt.rzi.s32.f32, 3e9, 2147483647",
        "cvt.rzi.s32.f32, -3e9, -2147483648",
        "cvt.rzi.u32.f32, -1, 0",
        "cvt.rzi.u32.f32, 5e9, -1",
        "cvt.rzi.s32.f32, NaN, 0",
    })
    void floats_become_integers_by_rounding_and_clamping(String opcode, float a, int expected) {
        assertThat(one("mov.b32 %f0, %a; " + opcode + " %d, %f0;", Float.floatToRawIntBits(a)))
                .isEqualTo(expected);
    }

    @Test
    void conversions_extend_and_cut_by_their_types() {
        assertThat(wide("cvt.s64.s32 %wd, %a;", -5)).isEqualTo(-5);
        assertThat(wide("cvt.u64.u32 %wd, %a;", -5)).isEqualTo(0xffff_fffbL);
        assertThat(one("cvt.s32.s8 %d, %a;", 0x80)).isEqualTo(-128);
        assertThat(one("cvt.s16.s8 %h0, %a; cvt.u32.u16 %d, %h0;", 0x80)).isEqualTo(0xff80);
        assertThat(one("cvt.sat.u8.s32 %d, %a;", 300)).isEqualTo(255);
        assertThat(one("cvt.sat.s8.s32 %d, %a;", -300)).isEqualTo(-128);
        assertThat(single("cvt.rn.f32.s32 %f0, %a;", Float.intBitsToFloat(-7))).isEqualTo(-7f);
        assertThat(single("cvt.rn.f32.u32 %f0, %a;", Float.intBitsToFloat(-1))).isEqualTo(0x1p32f);
        assertThat(single("cvt.sat.f32.f32 %f0, %f1;", -3f)).isZero();
        assertThat(single("cvt.rni.f32.f32 %f0, %f1;", 2.5f)).isEqualTo(2f);
        assertThat(wide("mov.b32 %f0, %a; cvt.f64.f32 %g0, %f0; mov.b64 %wd, %g0;", Float.floatToRawIntBits(0.1f)))
                .isEqualTo(Double.doubleToRawLongBits(0.1f));
    }

    @Test
    void narrow_floats_round_and_the_first_source_goes_up() {
        assertThat(bits(Options.defaults(), "cvt.rn.bf16x2.f32 %f0, %f1, %f2;", 1f, 2f))
                .isEqualTo(0x3f80_4000);
        assertThat(bits(Options.defaults(), "cvt.rn.f16x2.f32 %f0, %f1, %f2;", 1f, 2f))
                .isEqualTo(0x3c00_4000);
        String half = "mov.b32 %f0, %a; cvt.rn.bf16.f32 %h0, %f0; cvt.u32.u16 %d, %h0;";
        assertThat(one(half, 0x3f80_8000)).isEqualTo(0x3f80);
        assertThat(one(half, 0x3f81_8000)).isEqualTo(0x3f82);
        assertThat(one("mov.b32 %f0, %a; cvt.rna.tf32.f32 %d, %f0;", 0x3f80_1000))
                .isEqualTo(0x3f80_2000);
        assertThat(one("cvt.u16.u32 %h0, %a; cvt.f32.f16 %f0, %h0; mov.b32 %d, %f0;", 0x3c00))
                .isEqualTo(Float.floatToRawIntBits(1f));
    }
}
