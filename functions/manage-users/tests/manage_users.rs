//! Managing users, on the real engine (APR-07, APR-08, PERM-03, ROLE-08, ROLE-09).

mod manage;
